"""What `render` says of a file that holds no Y′."""

import wave
from pathlib import Path

import pytest

from regenkit.cli.generating import _rep_text
from regenkit.errors import UserError


def test_a_y_in_place_of_a_y_prime_is_told_what_is_right(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "song.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(b"\xff\xfe" * 100)
    with pytest.raises(
        UserError, match=r"song\.wav: is not a text .*; right is a Y′ as text, which `regenkit convert`"
    ):
        _rep_text(tmp_path / "song.wav")


def test_a_file_that_is_not_there_is_told_so_alone(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no\.yaml: there is no such file$"):
        _rep_text(tmp_path / "no.yaml")
    (tmp_path / "a.yaml").write_text("key: G\n")
    assert _rep_text(tmp_path / "a.yaml") == "key: G\n"
