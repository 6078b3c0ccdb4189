"""Files of scores that are not what they seem: bombs, archives, encodings; each is read, or refused with a reason."""

import io
import zipfile
from pathlib import Path

import music_writers_xml as writers
import pytest

from regenkit.errors import BadSource, UserError
from regenkit_music.modality.melody import Melody, Note
from regenkit_music.modality.score import read_score

MELODY = Melody(notes=tuple(Note(onset=4 * i, duration=4, pitch=60 + i, syllable="für") for i in range(8)), title="Ö")
SCORE = writers.musicxml(MELODY)
LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
BOMB = f'<!DOCTYPE score-partwise [<!ENTITY l0 "lol">{LAUGHS}]><score-partwise><work>&l9;</work></score-partwise>'
FILE = "<!DOCTYPE score-partwise [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><score-partwise>&x;</score-partwise>"
CONTAINER = (
    '<container><rootfiles><rootfile full-path="print.pdf" media-type="application/pdf"/>'
    '<rootfile full-path="songs/b.xml" media-type="application/vnd.recordare.musicxml+xml"/></rootfiles></container>'
)


def archive(members: dict[str, str | bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.xml", b"", "empty"),
        ("a.xml", b"hello", "no XML"),
        ("a.xml", b'<mei xmlns="http://www.music-encoding.org/ns/mei"/>', "no MusicXML score: its root element is"),
        ("a.xml", b"<score-partwise/>", "has no measures"),
        ("a.xml", BOMB.encode(), "amplification|entities"),
        ("a.xml", FILE.encode(), "declares entities of its own"),
        ("a.xml", SCORE.replace("für", "f&uuml;r", 1).encode(), "uses &uuml;"),
        ("a.xml", b"<score-partwise>" + b"<a>" * 100_000, "depth"),
        ("a.xml", SCORE.encode("latin-1"), "encoding"),
        ("a.xml", SCORE.replace("<duration>4<", "<duration>four<", 1).encode(), "part P0, measure 0: a value"),
        ("a.xml", SCORE.replace("<divisions>4<", "<divisions>0<").encode(), "part P0, measure 0: a value"),
        ("a.mxl", archive({"a.xml": b"<score-partwise>" + bytes(64 * 2**20)}), "unpacks to more than 64 MB"),
        ("a.mxl", archive({"a.txt": "words"}), "archive without a score"),
        ("a.mxl", archive({"a.xml": SCORE})[:300], "damaged archive"),
        ("a.krn", b"hello", "line 1: is no Humdrum"),
        ("a.krn", b"", r"no \*\*kern spine"),
        ("a.krn", b"**kern\n*M4/4\n=1\n4c\td\n", "line 4: has 2 tokens where 1 spines are open"),
        ("a.krn", b"**kern\n*M4/4\n=1\nc\n", "line 4: 'c' has no duration"),
        ("a.krn", b"**kern\n4c\n*-\n**kern\n4d\n*-\n", "line 4: a second piece"),
    ],
)  # fmt: skip
def test_refused_with_a_reason(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadSource, match=reason):
        read_score(tmp_path / name)


def test_too_large_a_file_is_not_even_read(tmp_path: Path) -> None:
    with (tmp_path / "a.xml").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(BadSource, match="larger than 64 MB"):
        read_score(tmp_path / "a.xml")


@pytest.mark.parametrize(
    "data",
    [
        archive({"a.xml": SCORE}),
        archive({"META-INF/container.xml": CONTAINER, "a.xml": "<nothing/>", "songs/b.xml": SCORE}),
        archive({"mimetype": "x", "__MACOSX/a.xml": "<nothing/>", "a.musicxml": SCORE}),
        archive({"../../outside.xml": SCORE}),
        SCORE.encode(),  # an .mxl that was never compressed
    ],
)
def test_archives_of_every_kind(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.mxl").write_bytes(data)
    assert [tune.melody for tune in read_score(tmp_path / "in" / "a.mxl").tunes] == [MELODY]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.mxl"]


@pytest.mark.parametrize(
    ("stated", "encoding"),
    [("UTF-8", "utf-8-sig"), ("UTF-16", "utf-16"), ("UTF-16", "utf-8"), ("ISO-8859-1", "latin-1"), ("cp850", "cp850")],
)
def test_encodings_that_files_state(tmp_path: Path, stated: str, encoding: str) -> None:
    """One says UTF-16 and is UTF-8: a program saved it anew and left its first line."""
    (tmp_path / "a.xml").write_bytes(SCORE.replace("UTF-8", stated, 1).encode(encoding))
    assert read_score(tmp_path / "a.xml").tunes[0].melody == MELODY


def test_an_encoding_that_the_user_states(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(SCORE.encode("cp1252"))
    assert read_score(tmp_path / "a.xml", encoding="cp1252").tunes[0].melody == MELODY
    with pytest.raises(UserError, match="klingon"):
        read_score(tmp_path / "a.xml", encoding="klingon")
