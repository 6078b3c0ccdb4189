"""Texts spoken by espeak-ng: a second speaker, for whom has little of a voice (docs/speech.md)."""

import ctypes
import shutil
from pathlib import Path
from typing import Any, final

import numpy as np

from regenkit.errors import UserError
from regenkit.files import beside, read_text

VOICE = "en-us+f3"
SYNCHRONOUS, CHARACTERS, UTF_8, END_PAUSE, RATE, PITCH = 2, 1, 1, 0x1000, 1, 3
"""Of espeak-ng's speak_lib.h."""
WORDS_A_MINUTE, HEIGHT = 150, 45
CRASHES = ("kl",)
"""Languages in which it ends the whole process at some numbers."""
HEAR = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def speak(texts: Path, folder: Path, voice: str = VOICE) -> tuple[int, list[int]]:
    """Speak every line of a file into NUMBER.wav beside NUMBER.txt, all or none. Returns how many texts were spoken,
    and the numbers of lines with nothing to say.

    Raises UserError where the file can't be read, the folder has something in it, or espeak-ng has no such voice.
    """
    import soundfile

    lines = read_text(texts).split("\n")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder}: is there already; name an empty or a new folder")
    say = _Voice(voice)
    silent: list[int] = []
    with beside(folder.absolute()) as temporary:
        try:
            temporary.mkdir(parents=True)
            for number, line in enumerate(lines, 1):
                wave = say(line) if any(map(str.isalnum, line)) else np.zeros(0, np.int16)
                if wave.any():
                    soundfile.write(temporary / f"{number}.wav", wave, say.rate)
                    (temporary / f"{number}.txt").write_text(f"{line.strip()}\n", encoding="utf-8")
                elif line.strip():
                    silent.append(number)
            spoken = sum(1 for _ in temporary.glob("*.wav"))
            if not spoken:
                raise UserError(f"{texts}: has no line with something to say; write a text a line")
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
    return spoken, silent


@final
class _Voice:
    """Text → int16 [samples], `rate` a second."""

    def __init__(self, name: str) -> None:
        try:
            import espeakng_loader
        except ModuleNotFoundError as error:
            raise UserError("espeak-ng is not installed: pip install 'regenkit[phonemes]'") from error
        self.library = ctypes.CDLL(str(espeakng_loader.get_library_path()))
        self.rate = self.library.espeak_Initialize(SYNCHRONOUS, 0, str(espeakng_loader.get_data_path()).encode(), 0)
        if name.split("+")[0] in CRASHES or self.library.espeak_SetVoiceByName(name.encode()):
            raise UserError(f"espeak-ng has no voice {name!r}; right is a language, such as en-us, cs or nl, and "
                            "perhaps a variant after it: en-us+f3")  # fmt: skip
        self.library.espeak_SetParameter(RATE, WORDS_A_MINUTE, 0)
        self.library.espeak_SetParameter(PITCH, HEIGHT, 0)
        self.heard: list[np.ndarray] = []
        self.hear = HEAR(self._hear)  # kept, because espeak-ng calls it
        self.library.espeak_SetSynthCallback(self.hear)

    def __call__(self, text: str) -> np.ndarray:
        self.heard.clear()
        code = text.replace("\0", " ").encode() + b"\0"
        size = ctypes.c_size_t(len(code))
        if self.library.espeak_Synth(code, size, 0, CHARACTERS, 0, UTF_8 | END_PAUSE, None, None):
            raise UserError(f"espeak-ng cannot say {text!r}")
        return np.concatenate(self.heard) if self.heard else np.zeros(0, np.int16)

    def _hear(self, wave: Any, samples: int, events: Any) -> int:
        if wave and samples > 0:
            self.heard.append(np.ctypeslib.as_array(wave, (samples,)).copy())
        return 0
