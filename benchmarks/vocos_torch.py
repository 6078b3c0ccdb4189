"""Vocos in PyTorch, by hand, with the weights of regenkit's; of one example, or of several that are equally long."""

from typing import Any

import torch
from image_torch import Tensor, dense, given, tensor
from torch import nn
from torch.nn import functional


def norm(layer: Any) -> nn.Module:
    return given(nn.LayerNorm(layer.gamma.shape[0], eps=layer.epsilon), layer.gamma, layer.beta)


class Block(nn.Module):
    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.taps = nn.Conv1d(layer.width, layer.width, layer.kernel, padding=layer.kernel // 2, groups=layer.width)
        self.taps.weight.data = tensor(layer.taps)[0, :, :, 0].t()[:, None].contiguous()
        self.taps.bias.data = tensor(layer.bias)
        self.norm, self.hidden, self.out = norm(layer.norm), dense(layer.hidden), dense(layer.out)
        self.gain = nn.Parameter(tensor(layer.gain))

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm(self.taps(x.transpose(1, 2)).transpose(1, 2))
        return x + self.out(functional.gelu(self.hidden(h), approximate="tanh")) * self.gain


class Vocos(nn.Module):
    """float32 [batch, entries, inputs] → waveforms [batch, entries × hop]."""

    def __init__(self, decoder: Any) -> None:
        super().__init__()
        backbone = decoder.backbone
        self.n_fft, self.hop = decoder.n_fft, decoder.hop_length
        self.first = nn.Conv1d(backbone.inputs, backbone.width, backbone.kernel, padding=backbone.kernel // 2)
        self.first.weight.data = tensor(backbone.first.kernel).permute(2, 1, 0).contiguous()
        self.first.bias.data = tensor(backbone.first.bias)
        self.first_norm, self.last_norm = norm(backbone.first_norm), norm(backbone.last_norm)
        self.blocks, self.head = nn.Sequential(*map(Block, backbone.blocks)), dense(decoder.head)
        self.register_buffer("window", torch.hann_window(self.n_fft))

    def forward(self, x: Tensor) -> Tensor:
        h = self.first_norm(self.first(x.transpose(1, 2)).transpose(1, 2))
        size, phase = self.head(self.last_norm(self.blocks(h))).chunk(2, -1)
        size = size.clamp(max=10.0).exp().clamp(max=100.0)
        frames = torch.fft.irfft(torch.polar(size, phase), self.n_fft) * self.window
        total, weight = (self._added(each) for each in (frames, self.window.square().expand(1, x.shape[1], -1)))
        return total / weight.clamp(min=1e-4)

    def _added(self, frames: Tensor) -> Tensor:
        entries = frames.shape[1]
        length = (entries - 1) * self.hop + self.n_fft
        found = functional.fold(frames.transpose(1, 2), (1, length), (1, self.n_fft), stride=(1, self.hop))
        return found[:, 0, 0, self.n_fft // 2 :][:, : entries * self.hop]
