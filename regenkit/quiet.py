"""TensorFlow and Keras, imported without the lines that its native code prints to stderr and that no setting silences.

    from regenkit.quiet import keras
    from regenkit.quiet import tensorflow as tf

The first import and first operation run with stderr redirected; should they raise, the text is shown after all.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from regenkit.redirect import redirected


@contextmanager
def stderr_aside() -> Iterator[None]:
    """What native code prints to stderr meanwhile is not shown, unless there is an error."""
    with tempfile.TemporaryFile() as printed:
        try:
            with redirected(sys.__stderr__, printed):
                yield
        except BaseException:
            printed.seek(0)
            print(printed.read().decode(errors="replace"), end="", file=sys.stderr)
            raise


@contextmanager
def _without(*modules: str) -> Iterator[None]:
    """Within, these cannot be imported, unless they have been already."""
    absent = [name for name in modules if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type] # None is how Python says so
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # failures are raised as well
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
# Keras imports these where they are installed, for plots and wrappers that nothing here uses: a quarter of its time.
with stderr_aside(), _without("matplotlib", "sklearn"):
    import keras
    import tensorflow

    tensorflow.config.list_physical_devices()

__all__ = ["keras", "tensorflow"]
