"""Archives that mean harm, packages that are not what they should be, and fetches that are killed."""

import hashlib
import io
import os
import signal
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regenkit.errors import UserError
from regenkit.sources.archives import extract
from regenkit.sources.fetch import fetch
from regenkit.sources.locate import fingerprint, folder, located
from regenkit.sources.source import Source

ROOT = Path(__file__).parents[1]
GOOD = {"package/a.txt": b"one", "package/deep/b.txt": b"two", "package/c.bin": b"three"}


def tar(entries: dict[str, bytes | str]) -> bytes:
    """A .tgz of files; one whose content is text is a symbolic link to it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def zipped(entries: dict[str, bytes | str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o120777 if isinstance(content, str) else 0o100644) << 16
            archive.writestr(info, content)
    return packed.getvalue()


def deb(entries: dict[str, bytes | str]) -> bytes:
    data = b"!<arch>\n"
    for name, content in (("debian-binary", b"2.0\n"), ("control.tar.gz", b"odd"), ("data.tar.gz", tar(entries))):
        data += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode() + content
        data += b"\n" * (len(content) % 2)
    return data


KINDS = {"a.tgz": tar, "a.whl": zipped, "a.deb": deb}


def unpack(place: Path, name: str, entries: dict[str, bytes | str], unpacked: int = 1000) -> dict[str, bytes]:
    """What is there after extraction, by path below the folder."""
    (place / name).write_bytes(KINDS[name](entries))
    extract(place / name, place / "out", root="package", members=("*.txt",), unpacked=unpacked)
    return contents(place / "out")


def contents(place: Path) -> dict[str, bytes]:
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", KINDS)
def test_only_what_was_named_is_read_out(tmp_path: Path, name: str) -> None:
    assert unpack(tmp_path, name, GOOD) == {"a.txt": b"one", "deep/b.txt": b"two"}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("evil", ["package/../../evil.txt", "package/x/../../../evil.txt", "package/..\\evil.txt"])
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str, evil: str) -> None:
    (tmp_path / "inner").mkdir()
    with pytest.raises(UserError, match="leads out of the folder"):
        unpack(tmp_path / "inner", name, {evil: b"harm"})
    assert not list(tmp_path.rglob("*evil*"))


@pytest.mark.parametrize("name", KINDS)
def test_an_absolute_name_is_not_within_the_package(tmp_path: Path, name: str) -> None:
    outside = tmp_path / "evil.txt"
    assert "evil.txt" not in str(unpack(tmp_path, name, {**GOOD, str(outside): b"harm"}))
    assert not outside.exists()


@pytest.mark.parametrize("name", KINDS)
def test_links_are_left_out_and_not_followed(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/own.txt").write_text("secret")
    entries = {"package/dir": str(tmp_path / "secret"), "package/link.txt": str(tmp_path / "secret/own.txt"),
               "package/dir/new.txt": b"harm", "package/a.txt": b"one"}  # fmt: skip
    assert unpack(tmp_path, name, entries) == {"a.txt": b"one", "dir/new.txt": b"harm"}
    assert contents(tmp_path / "secret") == {"own.txt": b"secret"}


@pytest.mark.parametrize("name", KINDS)
def test_a_bomb_is_stopped_at_the_announced_size(tmp_path: Path, name: str) -> None:
    bomb = {"package/a.txt": b"one", "package/zeros.txt": bytes(64 << 20)}
    with pytest.raises(UserError, match="unpacks to more than the 1,000 bytes"):
        unpack(tmp_path, name, bomb)
    assert sum(map(len, contents(tmp_path / "out").values())) < 4 << 20


@pytest.mark.parametrize("name", ["a.tgz", "a.whl"])
def test_a_name_that_comes_twice_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="twice"):
        unpack(tmp_path, name, {"package/a.txt": b"one", "package/./a.txt": b"other"})


@pytest.mark.parametrize("name", KINDS)
def test_nothing_that_matches_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=r"holds no \*\.txt in package"):
        unpack(tmp_path, name, {"package/c.bin": b"three"})


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_a_damaged_archive_is_one_message(name: str, data: st.DataObject) -> None:
    import tempfile

    whole = KINDS[name](GOOD)
    place, byte = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    with tempfile.TemporaryDirectory() as made:
        for number, damaged in enumerate((whole[:cut], whole[:place] + bytes([byte]) + whole[place + 1 :])):
            archive, out = Path(made, name), Path(made, str(number))
            archive.write_bytes(damaged)
            try:
                extract(archive, out, root="package", members=("*.txt",), unpacked=1000)
            except UserError as error:
                assert name in str(error)


# --- fetching ---------------------------------------------------------------------------------------------------------


def source_of(data: bytes, package: str = "thing") -> Source:
    return Source(
        kind="npm", package=package, version="1.0", sha256=hashlib.sha256(data).hexdigest(), root="package",
        members=("*.txt",), size=len(data), unpacked=1000, licence="MIT", url="example",
    )  # fmt: skip


def handing(data: bytes):
    def get(source: Source, place: Path) -> Path:
        (place / "thing.tgz").write_bytes(data)
        return place / "thing.tgz"

    return get


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REGENKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_fetched_once(cache: Path) -> None:
    data = tar(GOOD)
    source = source_of(data)
    with pytest.raises(UserError, match="regenkit data fetch acme/things"):
        located(source, dataset="acme/things")
    assert fetch(source, handing(data)) == 2
    assert contents(located(source, dataset="acme/things")) == {"a.txt": b"one", "deep/b.txt": b"two"}
    assert fetch(source, handing(b"is not asked for again")) == 0


def test_the_files_may_be_in_linked_folders(tmp_path: Path) -> None:
    source = source_of(b"")
    (tmp_path / "own").mkdir()
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "a.txt").write_text("one")
    with pytest.raises(UserError, match=r"acme/things: there is no \*\.txt in"):
        located(source, dataset="acme/things", path=str(tmp_path / "own"))
    (tmp_path / "own" / "deep").symlink_to("../disk")
    (tmp_path / "disk" / "round").symlink_to("../own")
    assert located(source, dataset="acme/things", path=str(tmp_path / "own")) == tmp_path / "own"
    before = fingerprint(source, str(tmp_path / "own"))
    (tmp_path / "disk" / "a.txt").write_text("another")
    assert fingerprint(source, str(tmp_path / "own")) != before


def test_another_checksum_leaves_nothing(cache: Path) -> None:
    data = tar(GOOD)
    source = source_of(data)
    with pytest.raises(UserError, match=f"and not {source.sha256}"):
        fetch(source, handing(data[:-1] + b"!"))
    assert [path.name for path in (cache / "sources").iterdir()] == [".lock"]
    with pytest.raises(UserError, match="unpacks to more than the 1 bytes"):
        fetch(replace(source, unpacked=1), handing(data))
    assert [path.name for path in (cache / "sources").iterdir()] == [".lock"]


def test_other_files_of_a_package_are_another_folder() -> None:
    source = source_of(b"")
    others = {replace(source, members=("*.bin",)).key, replace(source, sha256="0").key, replace(source, root="").key}
    assert len({source.key, *others}) == 4


KILLED = """
import os, signal, sys
from pathlib import Path
from regenkit.sources import fetch as module
sys.path.insert(0, "tests")
from test_sources import GOOD, handing, source_of, tar
data = tar(GOOD)
def dies(*arguments, **options):
    extract(*arguments, **options)
    os.kill(os.getpid(), signal.SIGKILL)
extract, module.extract = module.extract, dies
module.fetch(source_of(data), handing(data))
"""


def test_killed_before_the_last_rename_it_begins_anew(cache: Path) -> None:
    path = os.pathsep.join([str(ROOT), str(ROOT / "plugins")])
    done = subprocess.run([sys.executable, "-c", KILLED], cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, check=False)
    assert done.returncode == -signal.SIGKILL
    data = tar(GOOD)
    source = source_of(data)
    assert (cache / "sources/.partial").is_dir() and not folder(source).exists()
    assert fetch(source, handing(data)) == 2
    assert not (cache / "sources/.partial").exists()


@pytest.mark.parametrize(("kind", "client"), [("npm", "npm"), ("debian", "apt-get"), ("pypi", "pip")])
def test_a_client_that_is_missing_or_has_no_such_package(
    cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, client: str
) -> None:
    source = replace(source_of(b"", "no-such-package-of-regenkit"), kind=kind)
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "cache/sources").mkdir(parents=True)
    if kind == "pypi":
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    with pytest.raises(UserError, match=f"(?s)no-such-package-of-regenkit.*{client}"):
        fetch(source)
    assert [path.name for path in (cache / "sources").iterdir()] == [".lock"]
