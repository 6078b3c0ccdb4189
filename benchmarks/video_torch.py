"""The VQ-VAE of clips in PyTorch, by hand, with the weights of regenkit's: [batch, channels, time, height, width].

A convolution in space and one along time are Conv3d of 1 × 3 × 3 and 3 × 1 × 1. "Same" padding of a convolution by two
is TensorFlow's, at the end alone, and folding keeps regenkit's order of channels, so that the outputs are the same
numbers.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from image_torch import Tensor, VqVae, dense, group_norm, tensor
from torch import nn
from torch.nn import functional


def turned(weight: Any) -> Tensor:
    """A kernel of Keras's, or its gradient: [size, size, inner, outer] of a plane, [3, 1, inner, outer] of time."""
    value = tensor(weight).permute(3, 2, 0, 1)
    return value[..., None] if value.shape[3] == 1 else value[:, :, None]


class Convolution(nn.Module):
    def __init__(self, layer: Any) -> None:
        super().__init__()
        (time, space), inner, outer = layer.stride, layer.inner, layer.channels
        self.pad = (0, int(space > 1), 0, int(space > 1), 0, int(time > 1))
        self.space = nn.Conv3d(inner, outer, (1, 3, 3), (1, space, space), (0, *2 * [int(space == 1)]), bias=False)
        self.time = nn.Conv3d(outer, outer, (3, 1, 1), (time, 1, 1), (int(time == 1), 0, 0))
        for made, kernel in ((self.space, layer.space.kernel), (self.time, layer.time.kernel)):
            made.weight.data, made.weight.of = turned(kernel).contiguous(), (kernel, turned)
        self.time.bias.data, self.time.bias.of = tensor(layer.time.bias), (layer.time.bias, tensor)

    def forward(self, x: Tensor) -> Tensor:
        return self.time(self.space(functional.pad(x, self.pad) if any(self.pad) else x))


class Residual(nn.Module):
    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.norms = nn.ModuleList(map(group_norm, layer.norms))
        self.first, self.second = Convolution(layer.first), Convolution(layer.second)

    def forward(self, x: Tensor) -> Tensor:
        h = self.first(functional.silu(self.norms[0](x)))
        return x + self.second(functional.silu(self.norms[1](h)))


class Place(nn.Module):
    """A dense layer at each place."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.inner = dense(layer)

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x.movedim(1, -1)).movedim(-1, 1)


def folded(x: Tensor, block: tuple[int, int]) -> Tensor:
    (time, space), (batch, channels, frames, height, width) = block, x.shape
    x = x.view(batch, channels, frames // time, time, height // space, space, width // space, space)
    return x.permute(0, 3, 5, 7, 1, 2, 4, 6).reshape(batch, -1, frames // time, height // space, width // space)


def unfolded(x: Tensor, block: tuple[int, int]) -> Tensor:
    (time, space), (batch, _, frames, height, width) = block, x.shape
    x = x.view(batch, time, space, space, -1, frames, height, width).permute(0, 4, 5, 1, 6, 2, 7, 3)
    return x.reshape(batch, -1, frames * time, height * space, width * space)


def twin(layer: Any) -> nn.Module:
    return Residual(layer) if type(layer).__name__ == "Residual" else Convolution(layer)


class Encoder(nn.Module):
    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.fold, self.steps = layer.fold, nn.Sequential(*map(twin, layer.steps))
        self.norm, self.last = group_norm(layer.norm), Place(layer.last)

    def forward(self, frames: Tensor) -> Tensor:
        return self.last(functional.silu(self.norm(self.steps(folded(frames, self.fold)))))


class Decoder(nn.Module):
    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.fold, self.strides = layer.fold, layer.strides
        self.first, self.ups = Convolution(layer.first), nn.ModuleList(map(Convolution, layer.ups))
        self.blocks = nn.ModuleList(nn.Sequential(*map(Residual, blocks)) for blocks in layer.blocks)
        self.norm, self.unfolding, self.last = group_norm(layer.norm), Place(layer.unfolding), Convolution(layer.last)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        for level, blocks in enumerate(self.blocks):
            if level:
                time, space = self.strides[level - 1]
                x = self.ups[level - 1](functional.interpolate(x, scale_factor=(time, space, space), mode="nearest"))
            x = blocks(x)
        return self.last(functional.silu(unfolded(self.unfolding(functional.silu(self.norm(x))), self.fold)))


class ClipVqVae(VqVae):
    """regenkit_video's VQ-VAE; loss and codebook are those of pictures."""

    def __init__(self, model: Any) -> None:
        nn.Module.__init__(self)
        self.encoder, self.decoder = Encoder(model.encoder), Decoder(model.decoder)
        self.commitment_weight, self.decay = model.commitment_weight, model.quantizer.decay
        for name in ("codebook", "total", "count"):
            self.register_buffer(name, tensor(getattr(model.quantizer, name)))
        for name in ("squares", "count"):
            self.register_buffer(f"likelihood_{name}", tensor(getattr(model, name)))

    def outputs(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        z = self.encoder(pixels)
        flat = z.movedim(1, -1).flatten(0, 3)
        chosen = ((flat**2).sum(1, keepdim=True) - 2 * flat @ self.codebook.T + (self.codebook**2).sum(1)).argmin(1)
        code = self.codebook[chosen]
        off = ((flat - code) ** 2).sum(1)
        through = (flat + (code - flat).detach()).view(z.shape[0], *z.shape[2:], -1).movedim(-1, 1)
        return flat, chosen, off, self.decoder(through)


def placed(fields: Mapping[str, np.ndarray], layout: torch.memory_format) -> tuple[Tensor, Tensor]:
    """(frames, nothing) of NumPy's [batch, time, height, width, channels]."""
    frames = torch.from_numpy(fields["frames"]).movedim(-1, 1).contiguous(memory_format=layout)
    return frames, torch.zeros(len(frames))


def gradients(module: nn.Module) -> list[tuple[Any, Any, Tensor]]:
    """(variable, how its gradient is turned, PyTorch's gradient) of each parameter. Dense layers and norms come from
    image_torch, whose `of` holds how much is folded, which is nothing here."""
    found = []
    for parameter in module.parameters():
        variable, how = parameter.of
        found.append((variable, how if callable(how) else _plain, parameter.grad))
    return found


def _plain(weight: Any) -> Tensor:
    value = tensor(weight)
    return value.t() if value.ndim == 2 else value
