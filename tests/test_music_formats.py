"""One song written as MusicXML, kern, ABC and MIDI, each by a writer of its own, is the same song to every reader."""

from collections.abc import Callable
from pathlib import Path

import music_writers
import music_writers_midi
import music_writers_xml
import pytest
from music21 import corpus

from regenkit_music.modality import files
from regenkit_music.modality.melody import Melody
from regenkit_music.modality.score import read_score

WRITERS: dict[str, Callable[[Melody], str | bytes]] = {
    ".musicxml": lambda melody: music_writers_xml.musicxml(melody, cut_upbeat=True),
    ".krn": music_writers_xml.kern,
    ".abc": lambda melody: music_writers.abc(melody, cut_upbeat=True),
    ".mid": lambda melody: music_writers_midi.hyphens(melody, "utf-8"),
}


def read_in_every_format(melody: Melody, folder: Path) -> dict[str, Melody]:
    found = {}
    for suffix, writer in WRITERS.items():
        text = writer(melody)
        (folder / f"a{suffix}").write_bytes(text if isinstance(text, bytes) else text.encode())
        (tune,) = files.reading(folder / f"a{suffix}").tunes
        found[suffix] = tune.melody
    return found


def same_in_every_format(path: Path, folder: Path) -> None:
    for tune in read_score(path).tunes:
        melody = tune.melody
        for suffix, read in read_in_every_format(melody, folder).items():
            assert read.notes == melody.notes, suffix
            assert (read.metre, read.tonic, read.mode) == (melody.metre, melody.tonic, melody.mode), suffix


@pytest.mark.parametrize(
    "name",
    [
        "bach/bwv269", "bach/bwv333", "bach/bwv10.7", "bach/bwv277.krn",
        "trecento/PMFC_12_9-Gloria Clementiae Pax.xml",
    ],
)  # fmt: skip
def test_songs(name: str, tmp_path: Path) -> None:
    same_in_every_format(Path(str(corpus.getWork(name))), tmp_path)


@pytest.mark.exhaustive(minutes=1)
def test_every_fourth_song_of_bach(tmp_path: Path) -> None:
    paths = [Path(str(path)) for path in corpus.getComposer("bach") if str(path).endswith(".mxl")][::4]
    assert len(paths) > 90
    for path in paths:
        same_in_every_format(path, tmp_path)
