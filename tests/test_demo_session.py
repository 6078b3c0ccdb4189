"""What a page does with uploads, with messages and with its port."""

import html
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from test_demo_page import TEXT, texts

from regenkit.demo.session import UPLOADS, Session
from regenkit.errors import UserError
from regenkit.pipeline import Pipeline
from regenkit.recipe import load


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: Path) -> Iterator[Session]:
    """Of a run that is not trained: its converter is a rule."""
    monkeypatch.chdir(tmp_path)
    texts(tmp_path)
    Path("x.yaml").write_text(TEXT)
    made = Session(Pipeline(load(Path("x.yaml"))), "x")
    yield made
    made.close()


def uploaded(folder: Path, words: str, name: str = "mine.txt") -> str:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(words)
    return str(folder / name)


def test_an_upload_is_deleted_at_once_and_serves_again(session: Session, tmp_path: Path) -> None:
    path = uploaded(tmp_path / "up", "the river near the stone")
    first = session.convert(path)
    assert not Path(path).exists()
    assert session.convert(path).rep == first.rep == "river\nstone\n"
    uploaded(tmp_path / "up", "a window in winter")
    assert "window" in session.convert(path).rep
    assert not Path(path).exists()


def test_of_uploads_the_last_few_are_kept(session: Session, tmp_path: Path) -> None:
    paths = [uploaded(tmp_path / f"up{number}", f"river number {number}") for number in range(UPLOADS + 1)]
    for path in paths:
        session.convert(path)
    assert session.convert(paths[1]).rep
    with pytest.raises(UserError, match=r"^mine\.txt: is no longer kept here; upload it again$"):
        session.convert(paths[0])


@pytest.mark.parametrize(("name", "words"), [("mine.doc", "river"), ("mine.txt", "")])
def test_an_upload_that_is_refused_is_called_by_its_name(
    session: Session, tmp_path: Path, name: str, words: str
) -> None:
    path = uploaded(tmp_path / "up", words, name)
    with pytest.raises(UserError) as refused:
        session.convert(path)
    assert str(refused.value).startswith(f"{name}: ") and str(tmp_path) not in str(refused.value)
    assert not Path(path).exists()


def test_what_is_typed_goes_before_an_upload(session: Session, tmp_path: Path) -> None:
    path = uploaded(tmp_path / "up", "river")
    assert session._input("cloud garden", path) == "cloud garden"
    assert session._input(" \n", path) == "river"
    with pytest.raises(UserError, match=r"^there is no input yet: type it, or upload a file$"):
        session._input("", None)


@pytest.mark.parametrize("text", ["*the* moon_is_bright", "<b>a</b> & c", "# 1\\2 `x` [a](b) $e$ ~~f~~ !"])
def test_a_line_about_y_is_shown_as_it_is(text: str) -> None:
    pytest.importorskip("gradio")
    from regenkit.demo.page import _plain

    assert MarkdownIt().render(_plain(text)) == f"<p>{html.escape(text)}</p>\n"


def test_a_message_keeps_its_brackets_and_lines() -> None:
    gradio = pytest.importorskip("gradio")
    from regenkit.demo.page import _told

    def refuse() -> None:
        raise UserError("but found '<stream end>'\nline 2")

    with pytest.raises(gradio.Error) as refused:
        _told(refuse)
    assert refused.value.message == "but found '&lt;stream end&gt;'<br>line 2"
    assert refused.value.print_exception is False


def test_a_port_that_is_taken_is_named() -> None:
    from regenkit.cli.demoing import _listened_at

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=rf"^--port {port}: another program listens there, .* leave --port out$"):
            _listened_at("127.0.0.1", port)
    assert _listened_at("127.0.0.1", port) == port
    with pytest.raises(UserError, match=r"^--host 192\.0\.2\.1: cannot be listened at \(Cannot assign"):
        _listened_at("192.0.2.1", port)
