"""The walk of a user's folder: each file once, by its own name, whatever links there are; hidden ones are named."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regenkit.tree import tree

ELSEWHERE = "is a link to a folder that is read in another place"
names = st.sampled_from(["a", "b", "c.png", ".d", "._e.png", "__MACOSX"])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(paths, st.sampled_from(["file", "folder", "link"]), paths), max_size=14))
def test_each_file_that_can_be_reached_is_there_once(made: list[tuple[str, str, str]]) -> None:
    """By `os.walk`, which is another walk, and enters links in the order that they come in."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, kind, target in made:
            try:
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                if kind == "file":
                    (root / name).touch(exist_ok=False)
                elif kind == "folder":
                    (root / name).mkdir()
                else:
                    (root / name).symlink_to(root / target)
            except OSError:  # there is another of that name, or a file where a folder should be
                continue
        reached = set[str]()
        seen = {os.path.realpath(root)}
        for here, folders, files in os.walk(root, followlinks=True):
            shown = [each for each in folders if not each.startswith(".") and each != "__MACOSX"]
            folders[:] = [each for each in shown if os.path.realpath(f"{here}/{each}") not in seen]
            seen |= {os.path.realpath(f"{here}/{each}") for each in folders}
            shown = [each for each in files if not each.startswith(".") and each != "__MACOSX"]
            reached |= {os.path.realpath(f"{here}/{each}") for each in shown if os.path.isfile(f"{here}/{each}")}
        found = tree(root, [".png"])
        assert {os.path.realpath(root / name) for name in found.files} == reached
        assert len({(os.path.realpath((root / name).parent), Path(name).name) for name in found.files}) == len(
            found.files
        )
        assert not {*found.files, *found.folders} & {*found.left_out, *found.ignored}


def test_a_folder_is_read_where_it_is_before_links_to_it(tmp_path: Path) -> None:
    (tmp_path / "set" / "z" / "deep").mkdir(parents=True)
    (tmp_path / "set" / "z" / "deep" / "1.png").touch()
    (tmp_path / "set" / "a").symlink_to("z")
    (tmp_path / "set" / "b").symlink_to("z/deep")
    (tmp_path / "set" / "up").symlink_to("..")
    found = tree(tmp_path / "set")
    assert found.files == ("z/deep/1.png",) and found.folders == ("up", "z", "z/deep")
    assert found.ignored == dict.fromkeys(["a/", "b/", "up/set/"], ELSEWHERE) and not found.left_out


def test_hidden_files_are_named_where_they_might_be_data(tmp_path: Path) -> None:
    for name in (
        "a.png",
        ".b.png",
        "._a.PNG",
        ".DS_Store",
        ".git/objects/c",
        ".kept/deep/d.png",
        "__MACOSX/in/._a.png",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = tree(tmp_path, (".png",))
    assert found.files == ("a.png",) and found.folders == () and not found.left_out
    assert found.ignored == {
        **dict.fromkeys([".b.png", ".kept/"], "is hidden"),
        **dict.fromkeys(["._a.PNG", "__MACOSX/"], "is macOS's own, no data"),
    }


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every folder")
def test_a_folder_that_cannot_be_opened_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "shut").mkdir(mode=0)
    assert tree(tmp_path).left_out == {"shut/": "cannot be opened (Permission denied)"}
