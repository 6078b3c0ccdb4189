"""Ctrl-C comes at any instant, also while native code calls Python back."""

import io
import signal
import sys
import time
from typing import Any

import numpy as np
import pytest

from regenkit.signals import never_lost, uninterrupted


def test_an_interrupt_within_a_callback_is_not_lost() -> None:
    """As where libsndfile writes into a Python file: an exception there would be printed, and the sound be cut."""
    soundfile = pytest.importorskip("soundfile", reason="sound is written by soundfile: pip install 'regenkit[speech]'")

    class Interrupting(io.BytesIO):
        def write(self, data: Any) -> int:
            signal.raise_signal(signal.SIGINT)
            return super().write(data)

    plain, file, sound = io.BytesIO(), Interrupting(), np.linspace(-1, 1, 20_000)
    soundfile.write(plain, sound, 16_000, format="WAV")
    with pytest.raises(KeyboardInterrupt), uninterrupted():
        soundfile.write(file, sound, 16_000, format="WAV")
    assert file.getvalue() == plain.getvalue()


@pytest.mark.exhaustive(minutes=0.2)
def test_an_interrupt_while_an_object_is_dropped_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dropped:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    never_lost()
    with pytest.raises(KeyboardInterrupt):
        del [Dropped()][0]
        time.sleep(5)
