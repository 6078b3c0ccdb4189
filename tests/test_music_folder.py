"""music/folder: the user's own files, and what is said where they are missing."""

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from regenkit.errors import BadSource, UserError
from regenkit_music.data import Folder
from regenkit_music.data.corpus import _scores
from regenkit_music.modality.files import write
from regenkit_music.modality.melody import Melody, Note


def test_a_folder_of_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "mine" / "deep").mkdir(parents=True)
    shutil.copy(_scores("bach")["bwv333"], tmp_path / "mine" / "deep" / "hymn.mxl")
    (tmp_path / "mine" / "tunes.abc").write_text(
        "X:1\nT:One\nM:4/4\nL:1/4\nK:D\nDEFG|AAAA|dcBA|A4|\n\nX:2\nT:Two\nM:none\nL:1/4\nK:D\nDEFG AAAA|\n"
    )
    quarters = (Note(onset=4 * step, duration=4, pitch=60 + step % 5) for step in range(12))
    write(Melody(notes=tuple(quarters)), tmp_path / "mine" / "own.mid")
    (tmp_path / "mine" / "broken.mid").write_bytes(b"MThd no")
    (tmp_path / "mine" / "notes.txt").write_text("not a melody")
    monkeypatch.chdir(tmp_path)
    folder = pickle.loads(pickle.dumps(Folder("mine")))
    assert folder.sources() == ["broken.mid", "deep/hymn.mxl", "own.mid", "tunes.abc"]
    (hymn,) = folder.read("deep/hymn.mxl")
    assert (
        hymn.x is not None and hymn.meta["syllables"][:3] == ["dein'n", "Leib", "und"] and hymn.meta["language"] == "de"
    )
    (tune,) = folder.read("tunes.abc")
    assert tune.x is None and tune.meta["title"] == "One" and len(tune.y["pitch"]) == 13
    (own,) = folder.read("own.mid")
    assert own.x is None and own.y["duration"].tolist() == [4] * 12
    with pytest.raises(BadSource, match=r"broken\.mid"):
        folder.read("broken.mid")
    before = folder.fingerprint()
    (tmp_path / "mine" / "broken.mid").write_bytes(b"MThd no more")
    assert folder.fingerprint() != before


def test_check_names_a_folder_that_is_not_there(tmp_path: Path):
    """`regenkit check` in a process of its own: one line with its place, exit code 2."""
    (tmp_path / "mine.yaml").write_text(
        "dataset: {use: music/folder, path: songs}\nconverter: {use: music/template}\n"
        "generator: {use: transformer}\nrenderer: {use: transformer}\n"
    )
    check = [sys.executable, "-m", "regenkit", "check", "mine.yaml"]
    root = Path(__file__).parents[1]
    path = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "plugins")])}
    refused = subprocess.run(check, cwd=tmp_path, env=path, capture_output=True, text=True, timeout=120, check=False)
    assert refused.returncode == 2
    said = " ".join(refused.stderr.split())
    assert (
        said == "error mine.yaml:1:10: dataset: music/folder: path songs does not exist; right is a folder of melodies"
    )
    (tmp_path / "songs").mkdir()
    subprocess.run(check, cwd=tmp_path, env=path, check=True, capture_output=True, timeout=120)


def test_a_folder_that_is_missing_or_empty(tmp_path: Path):
    with pytest.raises(UserError, match="does not exist; right is a folder"):
        Folder(str(tmp_path / "nowhere"))
    (tmp_path / "words.txt").write_text("no melody")
    with pytest.raises(UserError, match=r"words\.txt is a file; right is a folder"):
        Folder(str(tmp_path / "words.txt"))
    with pytest.raises(UserError, match=r"there is no \.mid, .*\.abc.* file in"):
        Folder(str(tmp_path)).sources()
