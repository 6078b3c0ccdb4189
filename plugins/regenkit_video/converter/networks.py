"""The encoder and the decoder that the converters by codes have in common."""

from regenkit.spec import Spec
from regenkit_video.networks.convolutional import Decoder, Encoder, Grid, clip


def between(
    target: Spec, dim: int, time_factor: int, factor: int, width: int, depth: int
) -> tuple[Grid, Encoder, Decoder]:  # fmt: skip
    """The grid between the two, of vectors of `dim` numbers. Raises ValueError, as `clip` does."""
    _, (frames, height, breadth, channels) = clip(target, time_factor, factor)
    encoder, decoder = (
        kind(channels, dim, time_factor=time_factor, factor=factor, width=width, depth=depth)
        for kind in (Encoder, Decoder)
    )
    return (frames // time_factor, height // factor, breadth // factor), encoder, decoder
