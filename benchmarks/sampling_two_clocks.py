"""How fast are tokens sampled on a clock of their own? Against Hugging Face's `generate` and torch by hand.

    pip install torch transformers          # for this benchmark alone; without them their columns are left out
    python benchmarks/sampling_two_clocks.py --threads 1

Encoder and decoder of 4 layers × 256, 4 heads, 512 tokens, float32, random weights; 64 tokens of X, 128 of Y, no top-k
or top-p. All run in one process, in turn, round after round; ratios are medians over rounds of a round's own ratio, so
that what else the machine does weighs on all alike. `--clock cpu` counts the process's CPU time instead, which other
processes touch less: with one thread it is the work to be done.

regenkit  `Transformer.sample` with `length=128`, everything included: encoder, the end's head, tokens as NumPy arrays
generate  BART of transformers with its cache, as many layers, heads and parameters a layer (ffn 768)
torch     the very same decoder with the very same weights; caches made once for all steps, keys and values of the
          memory made once. It is handed the encoder's output and draws its noise beforehand. Its likeliest tokens are
          compared with regenkit's
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from regenkit.models.transformer import Transformer
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Spec, tokens

WIDTH, DEPTH, HEADS, VOCABULARY = 256, 4, 4, 512
SIZE = WIDTH // HEADS
ROUNDS = {1: 11, 16: 7, 64: 3}


def by_torch(model: Transformer) -> Callable[[np.ndarray, int, float], np.ndarray]:
    """[batch, steps] tokens from the memory [batch, entries, width], a number of steps and a temperature, 0 or 1."""
    import torch
    from torch.nn import functional

    def weight(layer: tf.keras.layers.Layer, name: str = "kernel") -> torch.Tensor:
        return torch.from_numpy(getattr(layer, name).numpy().T.copy())

    layers = [
        (weight(block.attention_norm, "gamma"), weight(block.query_key_value), weight(block.attention_out),
         weight(cross.norm, "gamma"), weight(cross.query), weight(cross.key_value), weight(cross.out),
         weight(block.hidden_norm, "gamma"), weight(block.hidden), weight(block.hidden_out))
        for block, cross in zip(model.decoder, model.told.across, strict=True)
    ]  # fmt: skip
    gamma, start = weight(model.decoder_norm, "gamma"), torch.from_numpy(model.start.numpy())
    hidden, logits = model.heads.hidden["token"], model.heads.logits["token"]
    head, head_bias = weight(hidden), weight(hidden, "bias")
    out, out_bias = weight(logits), weight(logits, "bias")
    table = torch.from_numpy(model.target_embeddings["token"].embeddings.numpy())
    epsilon = model.decoder_norm.epsilon

    def normed(x: torch.Tensor, norm: torch.Tensor, eps: float = 1e-5) -> torch.Tensor:
        return functional.layer_norm(x, (WIDTH,), norm, eps=eps)

    def rotated(x: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor) -> torch.Tensor:
        first, second = x.chunk(2, -1)
        return torch.cat([first * cosine - second * sine, first * sine + second * cosine], -1)

    @torch.inference_mode()
    def run(given: np.ndarray, steps: int, temperature: float) -> np.ndarray:
        memory = torch.from_numpy(given)
        batch, entries, _ = memory.shape
        positions = torch.from_numpy(model.told.positions(steps).numpy())
        angle = torch.arange(steps)[:, None] * 10000.0 ** (-torch.arange(0, SIZE, 2) / SIZE)
        cosine, sine = angle.cos(), angle.sin()
        both = [functional.linear(memory, layer[5]).view(batch, entries, 2, HEADS, SIZE) for layer in layers]
        held = [each.permute(2, 0, 3, 1, 4).contiguous() for each in both]
        caches = [torch.zeros(2, batch, HEADS, steps, SIZE) for _ in layers]
        noise = -temperature * torch.empty(steps, batch, VOCABULARY).exponential_().log()
        drawn = torch.zeros(steps, batch, dtype=torch.int64)
        x = start.expand(batch, WIDTH)
        for step in range(steps):
            x = x + positions[step]
            for (norm, inner, attended_out, cross_norm, query, _, cross_out, hidden_norm, up, down), cache, (
                keys, values,
            ) in zip(layers, caches, held, strict=True):  # fmt: skip
                projected = functional.linear(normed(x, norm), inner)
                asked, key, value = projected.view(batch, 3, HEADS, SIZE).unbind(1)
                cache[0, :, :, step], cache[1, :, :, step] = rotated(key, cosine[step], sine[step]), value
                attended = functional.scaled_dot_product_attention(
                    rotated(asked, cosine[step], sine[step])[:, :, None],
                    cache[0, :, :, : step + 1], cache[1, :, :, : step + 1],
                )  # fmt: skip
                x = x + functional.linear(attended.reshape(batch, WIDTH), attended_out)
                looked = functional.linear(normed(x, cross_norm), query).view(batch, HEADS, 1, SIZE)
                found = functional.scaled_dot_product_attention(looked, keys, values)
                x = x + functional.linear(found.reshape(batch, WIDTH), cross_out)
                gate, value = functional.linear(normed(x, hidden_norm), up).chunk(2, -1)
                x = x + functional.linear(functional.silu(gate) * value, down)
            x = normed(x, gamma, epsilon)
            x = x + functional.silu(functional.linear(x, head, head_bias))
            token = (functional.linear(x, out, out_bias) + noise[step]).argmax(-1) + 1
            drawn[step], x = token, functional.embedding(token, table)
        return drawn.T.numpy()

    return run


def by_transformers(entries: int, steps: int) -> Callable[[int], None]:
    """Samples a batch of that many."""
    import torch
    from transformers import BartConfig, BartForConditionalGeneration

    config = BartConfig(
        d_model=WIDTH, encoder_layers=DEPTH, decoder_layers=DEPTH, encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS, encoder_ffn_dim=3 * WIDTH, decoder_ffn_dim=3 * WIDTH, vocab_size=VOCABULARY,
        max_position_embeddings=max(entries, steps) + 2, bos_token_id=1, eos_token_id=2, pad_token_id=0,
        decoder_start_token_id=1, forced_eos_token_id=None, dropout=0.0,
    )  # fmt: skip
    model = BartForConditionalGeneration(config).eval()
    options = {"do_sample": True, "top_k": 0, "use_cache": True, "max_new_tokens": steps, "min_new_tokens": steps}

    def run(batch: int) -> None:
        said = torch.randint(3, VOCABULARY, (batch, entries))
        found = model.generate(said, attention_mask=torch.ones_like(said), **options)
        assert found.shape == (batch, steps + 1)

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--entries", type=int, default=64)
    parser.add_argument("--steps", type=int, default=128)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--rounds", type=int)
    options = parser.parse_args()
    clock = time.perf_counter if options.clock == "wall" else time.process_time
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)

    def timed(run: Callable[[], object]) -> float:
        started = clock()
        run()
        return clock() - started

    tf.keras.utils.set_random_seed(0)
    spec = {"condition": Spec({"letter": tokens(VOCABULARY, axis="x")}), "target": Spec({"token": tokens(VOCABULARY)})}
    model = Transformer(**spec, width=WIDTH, depth=DEPTH, heads=HEADS)
    read = tf.function(lambda given: model.told.memory(given, tf.shape(given["letter"])[0]).entries, autograph=False)
    loop = generate = None
    sys.modules["triton"] = None  # its LLVM and TensorFlow's bear no other in one process
    try:
        import torch

        torch.set_num_threads(options.threads)
        torch.manual_seed(0)
        loop = by_torch(model)
        generate = by_transformers(options.entries, options.steps)
    except ImportError as error:
        print(f"left out, {error}: pip install torch transformers\n")

    print("| batch | regenkit, tokens/s | × generate | × torch |")
    print("| --- | --- | --- | --- |")
    own = {"seed": 0, "length": options.steps}
    for batch in options.batches:
        letters = np.random.default_rng(0).integers(1, VOCABULARY + 1, (batch, options.entries)).astype(np.int32)
        condition = {"letter": letters, "mask x": np.ones(letters.shape, bool)}
        memory = read(condition).numpy()
        systems: dict[str, Callable[[], object]] = {"regenkit": partial(model.sample, condition, **own)}
        if generate and loop:
            systems |= {"generate": partial(generate, batch), "torch": partial(loop, memory, options.steps, 1.0)}
            likeliest = loop(memory, options.steps, 0.0)
            same = (model.sample(condition, temperature=0.0, **own)["token"] == likeliest).mean()
        for run in systems.values():
            run()
        count = options.rounds or ROUNDS.get(batch, 5)
        rounds = [{name: timed(run) for name, run in systems.items()} for _ in range(count)]
        middle = {name: statistics.median(taken[name] for taken in rounds) for name in systems}
        ratio = {
            name: f"{statistics.median(taken[name] / taken['regenkit'] for taken in rounds):.2f}" for name in systems
        }
        print(
            f"| {batch} | {batch * options.steps / middle['regenkit']:.0f} | "
            f"{ratio.get('generate', '')} | {ratio.get('torch', '')} |",
            flush=True,
        )
        if loop:
            print(f"<!-- torch's likeliest tokens are regenkit's: {same:.2%} -->", flush=True)


if __name__ == "__main__":
    main()
