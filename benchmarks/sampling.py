"""How fast are tokens sampled? Against recomputing every prefix, Hugging Face's `generate`, and torch by hand.

    pip install torch transformers          # for this benchmark alone; without them their columns are left out
    python benchmarks/sampling.py --threads 2

A decoder of 4 layers × 256, 4 heads, 512 tokens, one field a step, float32, no top-k or top-p, random weights, 256
steps. All run in one process, in turn, round after round; ratios are medians over rounds of a round's own ratio, so
that what else the machine does weighs on all alike. `--clock cpu` counts the process's CPU time instead, which other
processes touch less: with one thread it is the work to be done.

regenkit       `Transformer.sample`, everything included: encoder, tokens as NumPy arrays
recomputation  the same model without a cache, the decoder anew over the whole prefix for every step, in one graph
               traced once; timed at every 16th step. The encoder is not included
generate       GPT-2 of transformers with its cache, as many layers, heads and parameters a layer (n_inner 768). It has
               no encoder
torch          the very same decoder with the very same weights, and a cache made once for all steps; it is handed the
               encoder's output and noise drawn beforehand. Its likeliest tokens are compared with regenkit's
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from regenkit.models.transformer import Transformer
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec, tokens

WIDTH, DEPTH, HEADS, VOCABULARY = 256, 4, 4, 512
EVERY = 16
ROUNDS = {1: 11, 16: 5, 64: 3}


def recomputation(model: Transformer) -> Callable[[tf.Tensor], None]:
    """Samples from the encoder's output; a 16th of the steps, evenly spaced."""

    @tf.function(input_signature=[tf.TensorSpec([None, None, WIDTH]), tf.TensorSpec([None, None], tf.int32)])
    def next_token(encoded: tf.Tensor, known: tf.Tensor) -> tf.Tensor:
        logits = model.head("token", model._decode(encoded, {"token": known}, None)[:, -1], {})
        noise = -tf.math.log(-tf.math.log(tf.random.uniform(tf.shape(logits))))
        return 1 + tf.argmax(logits + noise, axis=-1, output_type=tf.int32)

    def run(encoded: tf.Tensor) -> None:
        batch, steps, _ = encoded.shape
        drawn = tf.ones([batch, steps], tf.int32)
        for step in range(EVERY // 2, steps, EVERY):
            next_token(encoded[:, :step], drawn[:, :step]).numpy()

    return run


def by_torch(model: Transformer) -> Callable[[np.ndarray, float], np.ndarray]:
    """[batch, steps] tokens from the encoder's output [batch, steps, width] and a temperature, 0 or 1."""
    import torch
    from torch.nn import functional

    def weight(layer: tf.keras.layers.Layer, name: str = "kernel") -> torch.Tensor:
        return torch.from_numpy(getattr(layer, name).numpy().T.copy())

    blocks = [
        (weight(block.attention_norm, "gamma"), weight(block.query_key_value), weight(block.attention_out),
         weight(block.hidden_norm, "gamma"), weight(block.hidden), weight(block.hidden_out))
        for block in model.decoder
    ]  # fmt: skip
    gamma, start = weight(model.decoder_norm, "gamma"), torch.from_numpy(model.start.numpy())
    head, logits = model.heads.hidden["token"], model.heads.logits["token"]
    head_weight, head_bias = weight(head), weight(head, "bias")
    logit_weight, logit_bias = weight(logits), weight(logits, "bias")
    table = torch.from_numpy(model.target_embeddings["token"].embeddings.numpy())
    size, epsilon = WIDTH // HEADS, model.decoder_norm.epsilon

    def rotated(x: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor) -> torch.Tensor:
        first, second = x.chunk(2, -1)
        return torch.cat([first * cosine - second * sine, first * sine + second * cosine], -1)

    @torch.inference_mode()
    def run(given: np.ndarray, temperature: float) -> np.ndarray:
        encoded = torch.from_numpy(given)
        batch, steps, _ = encoded.shape
        angle = torch.arange(steps)[:, None] * 10000.0 ** (-torch.arange(0, size, 2) / size)
        cosine, sine = angle.cos(), angle.sin()
        caches = [torch.zeros(2, batch, HEADS, steps, size) for _ in blocks]
        noise = -temperature * torch.empty(steps, batch, VOCABULARY).exponential_().log()
        drawn = torch.zeros(steps, batch, dtype=torch.int64)
        x = start.expand(batch, WIDTH)
        for step in range(steps):
            x = x + encoded[:, step]
            for (norm, inner, out, hidden_norm, hidden, hidden_out), cache in zip(blocks, caches, strict=True):
                projected = functional.linear(functional.layer_norm(x, (WIDTH,), norm, eps=1e-5), inner)
                query, key, value = projected.view(batch, 3, HEADS, size).unbind(1)
                cache[0, :, :, step], cache[1, :, :, step] = rotated(key, cosine[step], sine[step]), value
                attended = functional.scaled_dot_product_attention(
                    rotated(query, cosine[step], sine[step])[:, :, None],
                    cache[0, :, :, : step + 1], cache[1, :, :, : step + 1],
                )  # fmt: skip
                x = x + functional.linear(attended.reshape(batch, WIDTH), out)
                projected = functional.linear(functional.layer_norm(x, (WIDTH,), hidden_norm, eps=1e-5), hidden)
                gate, value = projected.chunk(2, -1)
                x = x + functional.linear(functional.silu(gate) * value, hidden_out)
            x = functional.layer_norm(x, (WIDTH,), gamma, eps=epsilon)
            x = x + functional.silu(functional.linear(x, head_weight, head_bias))
            token = (functional.linear(x, logit_weight, logit_bias) + noise[step]).argmax(-1) + 1
            drawn[step], x = token, functional.embedding(token, table)
        return drawn.T.numpy()

    return run


def by_transformers(steps: int) -> Callable[[int], None]:
    """Samples a batch of that many."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        n_embd=WIDTH, n_layer=DEPTH, n_head=HEADS, n_inner=3 * WIDTH, vocab_size=VOCABULARY, n_positions=steps + 1,
        bos_token_id=None, eos_token_id=None, pad_token_id=0,
    )  # fmt: skip
    model = GPT2LMHeadModel(config).eval()
    options = {"do_sample": True, "top_k": 0, "use_cache": True, "max_new_tokens": steps, "min_new_tokens": steps}

    def run(batch: int) -> None:
        prompt = torch.ones(batch, 1, dtype=torch.int64)
        found = model.generate(prompt, attention_mask=torch.ones_like(prompt), **options)
        assert found.shape == (batch, steps + 1)

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=256)
    parser.add_argument("--batches", type=int, nargs="+", default=list(ROUNDS))
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    options = parser.parse_args()
    clock = time.perf_counter if options.clock == "wall" else time.process_time
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)

    def timed(run: Callable[[], object]) -> float:
        started = clock()
        run()
        return clock() - started

    tf.keras.utils.set_random_seed(0)
    spec = {"condition": Spec({"letter": tokens(64)}), "target": Spec({"token": tokens(VOCABULARY)})}
    model = Transformer(**spec, width=WIDTH, depth=DEPTH, heads=HEADS)
    anew = recomputation(model)
    signature = [tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None, None], tf.bool)]
    encode = tf.function(lambda letter, mask: model.encode({"letter": letter}, mask, None), signature, autograph=False)
    torch_loop = generate = None
    sys.modules["triton"] = None  # its LLVM and TensorFlow's bear no other in one process
    try:
        import torch

        torch.set_num_threads(options.threads)
        torch.manual_seed(0)
        torch_loop = by_torch(model)
        generate = by_transformers(options.steps)
    except ImportError as error:
        print(f"left out, {error}: pip install torch transformers\n")

    print("| batch | regenkit, tokens/s | its encoder | first call | × recomputation | × generate | × torch |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for batch in options.batches:
        letters = np.random.default_rng(0).integers(1, 65, (batch, options.steps)).astype(np.int32)
        condition = {"letter": letters, "mask": np.ones(letters.shape, bool)}
        first = timed(lambda given=condition: model.sample(given, seed=0))
        encoded = encode(letters, condition["mask"])
        systems: dict[str, Callable[[], object]] = {
            "regenkit": lambda given=condition: model.sample(given, seed=0),
            "encoder": lambda given=condition: encode(given["letter"], given["mask"]).numpy(),
            "recomputation": lambda encoded=encoded: anew(encoded),
        }
        if generate:
            systems["generate"] = lambda batch=batch: generate(batch)
        if torch_loop:
            systems["torch"] = lambda encoded=encoded: torch_loop(encoded.numpy(), 1.0)
            likeliest = torch_loop(encoded.numpy(), 0.0)
            same = (model.sample(condition, seed=0, temperature=0.0)["token"] == likeliest).mean()
        for run in systems.values():
            run()
        rounds = [{name: timed(run) for name, run in systems.items()} for _ in range(ROUNDS.get(batch, 5))]
        for taken in rounds:
            taken["recomputation"] *= EVERY
        middle = {name: statistics.median(taken[name] for taken in rounds) for name in systems}
        ratio = {
            name: f"{statistics.median(taken[name] / taken['regenkit'] for taken in rounds):.2f}" for name in systems
        }
        print(
            f"| {batch} | {batch * options.steps / middle['regenkit']:.0f} | "
            f"{middle['encoder'] / middle['regenkit']:.0%} | +{first - middle['regenkit']:.1f} s | "
            f"{ratio['recomputation']} | {ratio.get('generate', '')} | {ratio.get('torch', '')} |",
            flush=True,
        )
        if torch_loop:
            print(f"<!-- torch's likeliest tokens are regenkit's: {same:.2%} -->", flush=True)


if __name__ == "__main__":
    main()
