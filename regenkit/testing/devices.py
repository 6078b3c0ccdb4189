"""TensorFlow with two logical devices, so that one machine shows what two replicas do; and graphs counted."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


def tensorflow() -> Any:
    """TensorFlow, its CPU split in two if that is still possible."""
    from regenkit.quiet import tensorflow as tf

    halves = [tf.config.LogicalDeviceConfiguration()] * 2
    with suppress(RuntimeError, ValueError):  # something has been computed already
        tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], halves)
    return tf


@contextmanager
def graphs_counted() -> Iterator[list[str]]:
    """The names of the graphs that are traced within."""
    from tensorflow.python.framework import func_graph  # no public function tells of a trace

    names: list[str] = []
    plain = func_graph.FuncGraph.__init__

    def counting(self: Any, name: str, *arguments: Any, **more: Any) -> None:
        names.append(name)
        plain(self, name, *arguments, **more)

    func_graph.FuncGraph.__init__ = counting
    try:
        yield names
    finally:
        func_graph.FuncGraph.__init__ = plain
