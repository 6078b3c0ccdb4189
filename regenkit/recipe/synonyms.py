"""Names that other libraries, or older recipes, use for keys of a recipe."""

from collections.abc import Iterable

from regenkit.nearest import did_you_mean, there_are

SAME = (
    ("width", "hidden_size", "hidden_dim", "dim", "d_model", "embed_dim", "model_dim", "channels", "n_embd"),
    ("depth", "num_layers", "n_layers", "n_layer", "layers", "num_hidden_layers", "num_blocks", "num_res_blocks"),
    ("heads", "num_heads", "n_heads", "n_head", "nhead", "num_attention_heads"),
    ("latent_dim", "latent", "size", "latent_size", "latent_channels", "z_dim", "z_channels", "embedding_dim"),
    ("codebook_size", "codes", "num_embeddings", "num_codes", "n_embed", "n_codes", "num_vq_embeddings", "vocab_size"),
    ("num_quantizers", "quantizers", "n_codebooks", "num_codebooks", "n_q"),
    ("quantizer_dropout", "quantize_dropout"),
    ("commitment_weight", "commitment", "commitment_cost", "beta", "commitment_loss_weight"),
    ("beta", "kl_weight", "kl_coeff"),
    ("disc_weight", "adversarial", "adversarial_weight", "gan_weight"),
    ("encoder_width", "channels"),
    ("dropout", "dropout_rate", "p_dropout"),
    ("condition_dropout", "uncond_prob", "cond_drop_prob", "p_uncond"),
    ("guidance", "cfg", "cfg_scale", "guidance_scale"),
    ("steps", "epochs", "num_steps", "max_steps", "train_steps", "iterations", "num_inference_steps", "timesteps"),
    ("learning_rate", "lr", "base_lr", "learning_rate_init"),
    ("batch_size", "batch", "bs", "global_batch_size", "train_batch_size"),
    ("accumulate", "gradient_accumulation_steps", "accumulate_grad_batches", "grad_accum"),
    ("warmup_steps", "warmup", "num_warmup_steps", "lr_warmup_steps"),
    ("schedule", "lr_schedule", "lr_scheduler", "scheduler"),
    ("clip_norm", "grad_clip", "gradient_clip_val", "max_grad_norm", "clip_grad_norm", "gradient_clip"),
    ("ema", "ema_decay", "ema_rate"),
    ("precision", "dtype", "mixed_precision"),
    ("beta_1", "beta1", "adam_beta1"),
    ("patience", "early_stopping", "early_stopping_patience"),
    ("validate_every", "eval_every", "eval_steps", "val_check_interval"),
    ("checkpoint_every", "save_every", "save_steps"),
    ("seed", "random_seed", "random_state"),
)
"""The key here first, then its other names."""


def meant(name: str, names: Iterable[str]) -> str:
    """The end of a message about an unknown key: which of `names` is meant, as a synonym or a misspelling."""
    known = set(names)
    found = [ours for ours, *others in SAME if name.casefold() in others and ours in known]
    return f"; did you mean {' or '.join(map(repr, found))}? {there_are(known)}" if found else did_you_mean(name, known)
