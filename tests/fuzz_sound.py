"""Small sound files of each kind, from which the changed ones are made, beside those in `tests/cases/`."""

import io
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

CASES = Path(__file__).parent / "cases"
FOUND = CASES / "fuzz"
"""What was once answered wrongly: kept as it was found, and no source of further changes, so that seeds keep their
meaning."""
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
    known = sorted(path for path in CASES.rglob("*") if path.is_file() and path.suffix.lower() == suffix)
    cases = [path for path in known if FOUND not in path.parents]
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
    elif suffix in (".yaml", ".yml"):
        yield b"fact: Water boils at 100 degrees.\n"
    elif suffix in (".jsonl", ".csv", ".tsv"):
        comma = {".csv": b",", ".tsv": b"\t"}.get(suffix)
        yield b"fact%bsource\nwater boils%b1\n" % (comma, comma) if comma else b'{"fact": "water boils"}\n' * 3
    elif suffix in (".mp4", ".mov", ".mkv", ".avi", ".m4v"):
        yield _film(suffix, folder)
    elif suffix == ".g722":
        yield bytes(range(256)) * 30
    elif suffix in (".wav", ".flac", ".ogg", ".aiff", ".aif", ".mp3", ".opus"):
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
    if suffix == ".png":  # maps of classes, and of depth
        for small in (np.arange(64, dtype=np.uint8).reshape(8, 8) % 2, np.arange(64, dtype=np.uint16).reshape(8, 8)):
            out = io.BytesIO()
            Image.fromarray(small).save(out, kind)
            yield from [out.getvalue()] * 9
    for mode in ("L", "RGB"):
        out = io.BytesIO()
        Image.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3)).convert(mode).save(out, kind)
        yield out.getvalue()


def _sounds(suffix: str) -> Iterator[bytes]:
    import soundfile

    out = io.BytesIO()
    form, subtype = {".aif": ("AIFF", None), ".opus": ("OGG", "OPUS")}.get(suffix, (suffix[1:].upper(), None))
    soundfile.write(out, np.sin(np.arange(4000) / 9), 16000, format=form, subtype=subtype)
    yield out.getvalue()


def _film(suffix: str, folder: Path) -> bytes:
    import av

    path = folder / f"sound{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=8)
        stream.width = stream.height = 32
        for number in range(16):
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 15 * number, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path.read_bytes()


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
