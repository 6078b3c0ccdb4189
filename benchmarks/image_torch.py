"""The networks of benchmarks/image.py in PyTorch, by hand, made from regenkit's layers and with their weights.

Grids are [batch, channels, height, breadth] here. "Same" padding of a convolution by two is TensorFlow's, below and to
the right alone, so that the outputs are the same numbers.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from regenkit.layers.vector_quantizer import DEAD, ELECTED
from regenkit.models.diffusion_schedule import steps_of
from regenkit_image.networks import reconstruction

Tensor = torch.Tensor


def conv(layer: Any, folded: int = 1) -> nn.Module:
    """Of Keras's Conv2D, whose output is yet to be unfolded by so much: PyTorch unfolds another order of channels."""
    size, _, inner, outer = layer.kernel.shape
    stride = layer.strides[0]
    made = nn.Conv2d(inner, outer, size, stride, 0 if stride > 1 else size // 2)
    made = given(made, layer.kernel, layer.bias, folded)
    return nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), made) if stride > 1 else made


def dense(layer: Any) -> nn.Module:
    return given(nn.Linear(*layer.kernel.shape, bias=layer.use_bias), layer.kernel, layer.bias)


def group_norm(layer: Any) -> nn.Module:
    return given(nn.GroupNorm(layer.groups, layer.gamma.shape[0], eps=layer.epsilon), layer.gamma, layer.beta)


def layer_norm(layer: Any) -> nn.Module:
    return given(nn.LayerNorm(layer.gamma.shape[0], eps=layer.epsilon, bias=False), layer.gamma)


def given(made: Any, weight: Any, bias: Any = None, folded: int = 1) -> nn.Module:
    """The module with these weights, which its parameters remember as `of`."""
    for parameter, variable in ((made.weight, weight), (getattr(made, "bias", None), bias)):
        if parameter is not None:
            parameter.data, parameter.of = turned(variable, folded).contiguous(), (variable, folded)
    return made


def turned(weight: Any, folded: int = 1) -> Tensor:
    """A kernel of Keras's, or its gradient, with its axes in PyTorch's order."""
    value = tensor(weight)
    value = value.unflatten(-1, (folded, -1)).transpose(-1, -2).flatten(-2)
    return value.permute(3, 2, 0, 1) if value.ndim == 4 else value.t()


def tensor(variable: Any) -> Tensor:
    return torch.from_numpy(np.array(variable))


class Residual(nn.Module):
    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.first_norm, self.first = group_norm(layer.first_norm), conv(layer.first)
        self.second_norm, self.second = group_norm(layer.second_norm), conv(layer.second)
        self.modulate = dense(layer.modulate) if layer.modulate else None
        self.skip = conv(layer.skip) if layer.skip else nn.Identity()

    def forward(self, x: Tensor, vector: Tensor | None = None) -> Tensor:
        h = self.second_norm(self.first(functional.silu(self.first_norm(x))))
        if self.modulate is not None:
            scale, shift = self.modulate(functional.silu(vector))[:, :, None, None].chunk(2, 1)
            h = h * (1 + scale) + shift
        return self.skip(x) + self.second(functional.silu(h))


def twin(layer: Any) -> nn.Module:
    """Of one layer of a path."""
    kind = type(layer).__name__
    if kind == "Up":
        return nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), conv(layer.conv))
    return Residual(layer) if kind == "Residual" else conv(layer)


def encoder(coder: Any) -> nn.Sequential:
    """Of regenkit_image's, for pixels of one colour: of several, they are folded in another order."""
    rest = map(twin, coder.layers)
    return nn.Sequential(nn.PixelUnshuffle(2), *rest, group_norm(coder.last_norm), nn.SiLU(), conv(coder.last))


def decoder(coder: Any) -> nn.Sequential:
    unfolding = [group_norm(coder.last_norm), nn.SiLU(), conv(coder.unfolding, 4), nn.PixelShuffle(2), nn.SiLU()]
    return nn.Sequential(*map(twin, coder.layers), *unfolding, conv(coder.last))


class VqVae(nn.Module):
    """regenkit_image's VQ-VAE."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder(model.encoder), decoder(model.decoder)
        quantizer = model.bottleneck.quantizer
        self.commitment_weight, self.decay = model.bottleneck.commitment_weight, quantizer.decay
        for name in ("codebook", "total", "count"):
            self.register_buffer(name, tensor(getattr(quantizer, name)))
        for name in ("squares", "count"):
            self.register_buffer(f"likelihood_{name}", tensor(getattr(model.reconstruction, name)))

    def outputs(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(vectors [places, size], their codes' numbers, squared distances to them, pixels)"""
        z = self.encoder(pixels)
        flat = z.permute(0, 2, 3, 1).flatten(0, 2)
        chosen = ((flat**2).sum(1, keepdim=True) - 2 * flat @ self.codebook.T + (self.codebook**2).sum(1)).argmin(1)
        code = self.codebook[chosen]
        off = ((flat - code) ** 2).sum(1)
        through = (flat + (code - flat).detach()).view(z.shape[0], *z.shape[2:], -1).permute(0, 3, 1, 2)
        return flat, chosen, off, self.decoder(through)

    def loss(self, pixels: Tensor, _label: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """(of the batch, what `absorb` wants)"""
        flat, chosen, off, mean = self.outputs(pixels)
        variance = (self.likelihood_squares / self.likelihood_count.clamp(min=1e-6)).clamp(min=reconstruction.LEAST)
        variance = torch.where(self.likelihood_count > 0, variance, torch.ones_like(variance))
        errors = ((pixels - mean) ** 2).mean()
        nll = 0.5 * (errors / variance + (2 * math.pi * variance).log())
        return nll + self.commitment_weight * off.mean() / flat.shape[1], (flat.detach(), chosen, errors.detach())

    @torch.no_grad()
    def absorb(self, examples: int, flat: Tensor, chosen: Tensor, errors: Tensor) -> None:
        decay = reconstruction.DECAY
        self.likelihood_squares.mul_(decay).add_((1 - decay) * errors * examples)
        self.likelihood_count.mul_(decay).add_((1 - decay) * examples)
        codes, size = self.codebook.shape
        count = self.decay * self.count + (1 - self.decay) * torch.bincount(chosen, minlength=codes)
        total = self.decay * self.total + (1 - self.decay) * torch.zeros_like(self.codebook).index_add_(0, chosen, flat)
        elected = (torch.rand(examples, codes) < ELECTED).float()
        vectors = flat.view(examples, -1, size)
        offered = elected.T @ vectors[torch.arange(examples), torch.randint(vectors.shape[1], (examples,))]
        elected = elected.sum(0)
        even = count.sum() / codes
        dead = (count < DEAD * even) & (elected > 0)
        total = torch.where(dead[:, None], offered / elected.clamp(min=1)[:, None] * even, total)
        count = torch.where(dead, even, count)
        known = count[:, None] > 1e-6
        self.codebook.copy_(torch.where(known, total / count.clamp(min=1e-6)[:, None], self.codebook))
        self.count.copy_(count)
        self.total.copy_(total)


class Attention(nn.Module):
    """`layers.attention.Block` without dropout."""

    def __init__(self, block: Any) -> None:
        super().__init__()
        self.heads, self.size = block.heads, block.size
        self.norm, self.inner = layer_norm(block.attention_norm), dense(block.query_key_value)
        self.out, self.hidden_norm = dense(block.attention_out), layer_norm(block.hidden_norm)
        self.hidden, self.hidden_out = dense(block.hidden), dense(block.hidden_out)

    def forward(self, x: Tensor) -> Tensor:
        batch, places, width = x.shape
        h = self.inner(self.norm(x)).view(batch, places, 3, self.heads, self.size).transpose(1, 3)
        angle = torch.arange(places)[:, None] * 10000.0 ** (-torch.arange(0, self.size, 2) / self.size)
        cosine, sine = angle.cos(), angle.sin()
        query, key = (torch.cat([a * cosine - b * sine, a * sine + b * cosine], -1)
                      for a, b in (h[:, :, 0].chunk(2, -1), h[:, :, 1].chunk(2, -1)))  # fmt: skip
        attended = functional.scaled_dot_product_attention(query, key, h[:, :, 2])
        x = x + self.out(attended.transpose(1, 2).reshape(batch, places, width))
        gate, value = self.hidden(self.hidden_norm(x)).chunk(2, -1)
        return x + self.hidden_out(functional.silu(gate) * value)


class UNet(nn.Module):
    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.downs = nn.ModuleList(nn.ModuleList(map(Residual, blocks)) for blocks in layer.downs)
        self.ups = nn.ModuleList(nn.ModuleList(map(Residual, blocks)) for blocks in layer.ups)
        self.smaller, self.larger = nn.ModuleList(map(twin, layer.smaller)), nn.ModuleList(map(twin, layer.larger))
        self.attention, self.middle = Attention(layer.attention), Residual(layer.middle)
        self.norm, self.out = group_norm(layer.norm), conv(layer.out)

    def forward(self, x: Tensor, vector: Tensor) -> Tensor:
        across = []
        for level, blocks in enumerate(self.downs):
            x = self.smaller[level - 1](x) if level else x
            for block in blocks:
                x = block(x, vector)
                across.append(x)
        middle = self.attention(x.flatten(2).transpose(1, 2))
        x = self.middle(middle.transpose(1, 2).reshape(x.shape), vector)
        for level, blocks in reversed(list(enumerate(self.ups))):
            for block in blocks:
                x = block(torch.cat([x, across.pop()], 1), vector)
            x = self.larger[level - 1](x) if level else x
        return self.out(functional.silu(self.norm(x)))


class Diffusion(nn.Module):
    """regenkit's, of velocity, by a U-Net, given one token an example."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        (embedding,) = model.conditioner.embeddings.values()
        self.label = nn.Embedding.from_pretrained(tensor(embedding.embeddings), freeze=False)
        self.time = nn.ModuleList(map(dense, model.time))
        self.stem, self.network = conv(model.stem), UNet(model.network)
        self.patch, self.shape, self.hidden = model.patch, model.shape, model.condition_dropout
        self.register_buffer("rate", torch.tensor(2 * math.pi * np.geomspace(0.25, 32.0, model.width // 2)).float())
        for name in ("count", "mean", "variance"):
            self.register_buffer(name, tensor(getattr(model.moments, name)))

    def forward(self, x: Tensor, time: Tensor, vector: Tensor) -> Tensor:
        """What the network says of x_t [batch, channels, height, breadth]."""
        angle = time[:, None] * self.rate
        inner = functional.silu(self.time[0](torch.cat([angle.sin(), angle.cos()], 1)))
        x = self.stem(functional.pixel_unshuffle(x, self.patch))
        return functional.pixel_shuffle(self.network(x, vector + self.time[1](inner)), self.patch)

    def loss(self, pixels: Tensor, label: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        clean = (pixels - self.mean[:, None, None]) / self.variance.sqrt()[:, None, None]
        label = label * (torch.rand(label.shape) >= self.hidden)
        time, epsilon = torch.rand(label.shape), torch.randn(pixels.shape)
        return self.error(clean, label, time, epsilon), (pixels,)

    def error(self, clean: Tensor, label: Tensor, time: Tensor, epsilon: Tensor) -> Tensor:
        alpha, sigma = (wave(0.5 * math.pi * time)[:, None, None, None] for wave in (torch.cos, torch.sin))
        said = self(alpha * clean + sigma * epsilon, time, self.label(label))
        return functional.mse_loss(said, alpha * epsilon - sigma * clean)

    @torch.no_grad()
    def absorb(self, examples: int, pixels: Tensor) -> None:
        away = pixels - self.mean[:, None, None]
        self.count.add_(examples).clamp_(max=1e5)
        share, shift, squares = examples / self.count, away.mean((0, 2, 3)), (away**2).mean((0, 2, 3))
        about = squares - share * shift * (2 * shift - share * shift)
        self.variance.copy_((1 - share) * (self.variance + (share * shift) ** 2) + share * about)
        self.mean.add_(share * shift)

    @torch.inference_mode()
    def sample(self, label: Tensor, x: Tensor, steps: int, said_of: Callable[..., Tensor] | None = None) -> Tensor:
        """From the noise x [batch, channels, height, breadth]."""
        vector, before = self.label(label), torch.zeros_like(x)
        said_of = self if said_of is None else said_of  # a compiled one has no truth value
        for time, keep, take, ahead in zip(*map(torch.from_numpy, steps_of("velocity", steps)), strict=True):
            said = said_of(x, time.expand(len(x)), vector)
            clean = (0.5 * math.pi * time).cos() * x - (0.5 * math.pi * time).sin() * said
            x, before = keep * x + take * (clean + ahead * (clean - before)), clean
        return x * self.variance.sqrt()[:, None, None] + self.mean[:, None, None]


def begin(threads: int) -> None:
    """What holds for one thread of Python's alone; TensorFlow takes the tiniest numbers for 0 as well."""
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)


def training(
    model: Any, batches: Iterator[tuple[Tensor, Tensor]], settings: Any, *, compiled: bool = False
) -> Iterator[float]:
    """A loss a step, by AdamW as `training.state` sets it, with clipping, statistics and the moving average."""
    parameters = list(model.parameters())
    groups = [{"params": [each for each in parameters if (each.ndim > 1) == decays],
               "weight_decay": settings.weight_decay * decays} for decays in (True, False)]  # fmt: skip
    optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.98), eps=1e-8, fused=True)
    warmup = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, step / settings.warmup_steps))
    values = [*parameters, *model.buffers()]
    average = [value.detach().clone() for value in values]
    loss_of = torch.compile(model.loss) if compiled else model.loss
    for step, (pixels, label) in enumerate(batches, 1):
        optimizer.zero_grad()
        loss, statistics = loss_of(pixels, label)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, settings.clip_norm)
        optimizer.step()
        warmup.step()
        model.absorb(len(pixels), *statistics)
        decay = min(settings.ema, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(average, values, 1 - decay)
        yield loss.detach()


def placed(fields: Mapping[str, np.ndarray], layout: torch.memory_format) -> tuple[Tensor, Tensor]:
    """(pixels, label) of NumPy fields [batch, height, breadth, channels] and [batch]."""
    pixels = torch.from_numpy(fields["pixels"]).permute(0, 3, 1, 2).contiguous(memory_format=layout)
    return pixels, torch.from_numpy(fields["label"]).long()
