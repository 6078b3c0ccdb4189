"""The second principle of regeneration learning, in figures: Y′ should keep what X knows something of, and leave the
rest out (arXiv 2301.08846, section 2.1).
"""

from collections.abc import Mapping

MUCH, LITTLE = 0.1, 0.1
"""Of the bits of X → Y′, from which share on a field costs much; of a field's, below which share X saves little."""


def broken(bits: float, whole: float, saved: Mapping[str, float]) -> bool:
    """Whether a field of Y′ breaks it: it costs much of X → Y′, of which X saves little, or nothing for all that the
    examples tell.

    bits, whole   what the field costs, and all of Y′
    saved         what X saves of it: its mean, and low end of the interval
    """
    little = saved["mean"] < LITTLE * (bits + saved["mean"])
    return bits >= MUCH * whole and (little or saved["low"] <= 0)
