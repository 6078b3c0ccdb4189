"""Statistics of several parts of a model in one flat dict, as `losses` returns them and `absorb` takes them."""

from collections.abc import Mapping

from regenkit.quiet import tensorflow as tf

Statistics = Mapping[str, tf.Tensor]


def prefixed(part: str, statistics: Statistics) -> dict[str, tf.Tensor]:
    """Each name as part/name."""
    return {f"{part}/{name}": value for name, value in statistics.items()}


def of_part(part: str, statistics: Statistics) -> dict[str, tf.Tensor]:
    """Those of one part, under the names that it gave them."""
    start = f"{part}/"
    return {name.removeprefix(start): value for name, value in statistics.items() if name.startswith(start)}
