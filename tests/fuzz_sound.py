"""Small sound files of each kind, from which the changed ones are made, beside those in `tests/cases/`."""

import io
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

CASES = Path(__file__).parent / "cases"
LARGEST = 200_000
ABC = b"X:1\nT:Song\nM:3/4\nL:1/8\nK:G\nG2 A2 | B3 c d2 |[1 G6 :|[2 G4 |]\nw: Glo- ri- a _ in ex- cel- sis\n"
KERN = b"**kern\t**text\n*M4/4\t*\n*k[f#]\t*\n=1\t=1\n4g\tGlo-\n4a\tri-\n2b\ta\n=2\t=2\n1g\tA-\n*-\t*-\n"
TEXTS = (b"Amazing grace, how sweet the sound\n\nthat saved a wretch like me\n", b"3\n", "ein schönes Bild\n".encode())
REP = b"meta: {title: song}\ncode: [1, 2, 3, 4]\nlatent:\n- [0.1, -0.2]\n- [0.5, 0.25]\n"
TEMPLATE = b"key: C major\nmetre: 4/4\ntempo: 96\nnotes:\n" + b"- {syllable: la, position: 0, duration: 4}\n" * 5
ALIASES = (
    b"meta:\n  a: &a [1,1,1,1,1,1,1,1,1]\n"
    + b"".join(b"  %c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9)) for n in range(8))
    + b"code: *i\n"
)
"""A few lines that unfold to half a billion numbers."""


def sound(suffix: str, folder: Path) -> list[bytes]:
    """Contents of sound files of a kind; `folder` is for those that are written by a modality."""
    cases = [path for path in sorted(CASES.rglob("*")) if path.suffix.lower() == suffix and path.is_file()]
    return [*(path.read_bytes() for path in cases if path.stat().st_size <= LARGEST), *_made(suffix, folder)]


def _made(suffix: str, folder: Path) -> Iterator[bytes]:
    if suffix == ".txt":
        yield from TEXTS
    elif suffix == ".abc":
        yield ABC
    elif suffix == ".krn":
        yield KERN
    elif suffix == ".npy":
        grid = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
        yield from map(_array, (np.zeros((28, 28), np.uint8), np.zeros((2, 8, 8, 3), np.uint8), grid))
    elif suffix == ".npz":
        out = io.BytesIO()
        np.savez(out, classes=np.ones((8, 8), np.uint8), depth=np.ones((8, 8), np.float32))
        yield out.getvalue()
    elif suffix == ".pfm":
        yield b"Pf\n4 4\n-1.0\n" + np.ones(16, "<f4").tobytes()
    elif suffix in (".mid", ".midi", ".kar", ".musicxml", ".xml", ".mxl"):
        yield _song(suffix, folder)
    elif suffix in (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".tga"):
        yield from _pictures(suffix)
    elif suffix in (".wav", ".flac", ".ogg", ".aiff", ".mp3"):
        yield from _sounds(suffix)


def _array(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def _song(suffix: str, folder: Path) -> bytes:
    from regenkit_music.modality import MelodyModality
    from regenkit_music.modality.melody import Melody, Note

    notes = tuple(Note(onset=4 * place, duration=4, pitch=60 + place, syllable="la") for place in range(12))
    path = folder / f"sound{'.mid' if suffix in ('.midi', '.kar') else '.mid' if suffix == '.mid' else '.musicxml'}"
    MelodyModality().write(Melody(notes=notes, metre="3/4", title="Song"), path)
    return archive({"score.xml": path.read_bytes()}, ".zip") if suffix == ".mxl" else path.read_bytes()


def _pictures(suffix: str) -> Iterator[bytes]:
    from PIL import Image

    kind = Image.registered_extensions()[suffix]
    for mode in ("L", "RGB"):
        out = io.BytesIO()
        Image.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3)).convert(mode).save(out, kind)
        yield out.getvalue()


def _sounds(suffix: str) -> Iterator[bytes]:
    import soundfile

    out = io.BytesIO()
    soundfile.write(out, np.sin(np.arange(4000) / 9), 16000, format=suffix[1:].upper())
    yield out.getvalue()


def archive(inside: dict[str, bytes], suffix: str) -> bytes:
    """A .zip, .whl or .tgz."""
    out = io.BytesIO()
    if suffix in (".zip", ".whl"):
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
            for name, content in inside.items():
                zipped.writestr(name, content)
        return out.getvalue()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content in inside.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()
