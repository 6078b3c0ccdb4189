"""Files of sound that hold more than one channel or recording: as many as there are, and the whole of each."""

from pathlib import Path

import numpy as np
import pytest
from own_sounds import Pipe, encode, talk, write

from regenkit.errors import BadSource
from regenkit_speech.modality import decoding
from regenkit_speech.modality.blocks import duration, opened

RATE = 16_000


def blocks(path: Path, start: float = 0.0) -> np.ndarray:
    return np.concatenate(list(opened(path, start).blocks))


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_an_ogg_of_several_recordings_in_a_row_is_not_shortened(tmp_path: Path, subtype: str) -> None:
    """As a radio station's stream is saved, or files are joined by `cat`."""
    path = tmp_path / "a.ogg"
    for number, (seconds, rate) in enumerate(((4.0, 48_000), (3.0, 48_000), (3.0, 24_000)), 1):
        write(tmp_path / f"{number}.ogg", talk(seconds, rate, seed=number), rate, subtype)
    path.write_bytes((tmp_path / "1.ogg").read_bytes() + (tmp_path / "2.ogg").read_bytes())
    found = blocks(path)[:, 0]
    assert 7 * 48_000 <= len(found) <= 7 * 48_000 + 4096 and abs((duration(path) or 0) - 7) < 0.2
    first_alone, second_alone = (blocks(tmp_path / name)[:, 0] for name in ("1.ogg", "2.ogg"))
    np.testing.assert_allclose(found[: 3 * 48_000], first_alone[: 3 * 48_000], atol=2e-3)
    heard = second_alone[24_000:26_000]
    near = np.correlate(found[4 * 48_000 + 24_000 :][: 4096 + len(heard)], heard, "valid")
    assert near.max() > 0.98 * (heard @ heard)
    np.testing.assert_array_equal(blocks(path, 5.5)[:, 0], found[int(5.5 * 48_000) :])
    path.write_bytes((tmp_path / "1.ogg").read_bytes() * 2)
    assert len(blocks(path)) >= 8 * 48_000
    if subtype == "VORBIS":  # all Opus is of 48,000
        path.write_bytes((tmp_path / "1.ogg").read_bytes() + (tmp_path / "3.ogg").read_bytes())
        with pytest.raises(BadSource, match="is damaged"):
            blocks(path)


@pytest.mark.parametrize("layout", ["mono", "5.1", "7.1", "7.1(wide)"])
def test_an_m4a_of_any_number_of_channels(tmp_path: Path, layout: str) -> None:
    sound, path = talk(1.0, 48_000), tmp_path / "a.m4a"
    encode(path, sound, 48_000, "aac", "ipod", layout=layout)
    found = decoding.read(path, RATE, max_seconds=20.0).samples
    assert blocks(path).shape == (48_000, {"mono": 1, "5.1": 6}.get(layout, 8))
    assert len(found) == RATE and np.corrcoef(found, decoding.resampled(sound, 48_000, RATE))[0, 1] > 0.9


def test_a_flac_of_eight_channels_that_was_written_to_a_pipe(tmp_path: Path) -> None:
    sound, path = talk(1.0, RATE), tmp_path / "a.flac"
    pipe = Pipe(path)
    encode(pipe, sound, RATE, "flac", "flac", layout="7.1")
    pipe.file.close()
    found = blocks(path)
    assert found.shape == (RATE, 8) and max(np.corrcoef(each, sound)[0, 1] for each in found.T if each.any()) > 0.99
