"""The page: a tab a run, and in each to generate, to edit Y′ and render it anew, and to compare the routes."""

import html
import os
import re
import signal
from collections.abc import Callable, Sequence
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # nothing is sent anywhere

import gradio as gr

from regenkit.demo.rep_table import Table, tables, text_of
from regenkit.demo.session import ROUTES, Made, Session, about
from regenkit.demo.views import View, shown
from regenkit.errors import BadSource, UserError
from regenkit.pipeline.editing import can_be_given
from regenkit.recipe.arguments import adapter
from regenkit.signals import handled

MOST_TABLES = 4
"""Of a Y′; one with more lists is edited as text."""
SEEDS = 10_000
LARGEST = "50mb"
"""Of an upload."""
SAID = {
    "reference": "the real Y", "oracle": "Y from true Y′", "predicted": "Y from predicted Y′", "direct": "Y without Y′",
}  # fmt: skip
_SHOWS: dict[View, Callable[..., Any]] = {"image": gr.Image, "audio": gr.Audio, "video": gr.Video, "text": gr.Textbox}


def page(sessions: Sequence[Session]) -> gr.Blocks:
    with gr.Blocks(title="regenkit", analytics_enabled=False, delete_cache=(3600, 3600)) as blocks:
        gr.Markdown("# regenkit")
        if len(sessions) == 1:
            _run(sessions[0])
        else:
            with gr.Tabs():
                for session in sessions:
                    with gr.Tab(session.name):
                        _run(session)
    return blocks


def theme() -> gr.themes.Base:
    """With the fonts of the system: no font is fetched from elsewhere."""
    fonts = {"font": ["system-ui", "sans-serif"], "font_mono": ["ui-monospace", "monospace"]}
    return gr.themes.Default(primary_hue="teal", **fonts)


def _run(session: Session) -> None:
    gr.Markdown(f"**{session.name}**: {about(session.pipeline)}")
    with gr.Tab("Generate"):
        _generate(session)
    with gr.Tab("Compare"):
        _compare(session)


def _generate(session: Session) -> None:
    line = session.pipeline
    with gr.Row():
        with gr.Column():
            typed = gr.Textbox(label=f"X: {line.x_record.name}", lines=3, visible=session.parses, elem_id="typed")
            suffixes = list(line.x_record.reads)
            upload = gr.File(label=f"or a file ({', '.join(suffixes)})", file_types=suffixes, visible=bool(suffixes),
                             height=110, elem_id="upload")  # fmt: skip
            given = gr.Textbox(label="Given: NAME=VALUE, one a line", lines=2, elem_id="given",
                               visible=can_be_given(line.x.spec, line.specs["y"], line.converter))  # fmt: skip
            seed = gr.Slider(0, SEEDS, value=0, step=1, label="Seed: another seed, another result")
            with gr.Accordion("How it draws", open=False):
                controls = {name: _control(session, name) for name in session.options}
            controls = {name: each for name, each in controls.items() if each is not None}
            make = gr.Button("Generate", variant="primary", elem_id="generate")
            with gr.Accordion(f"Begin from a Y of your own ({', '.join(line.y_record.reads)})", open=False,
                              visible=bool(line.y_record.reads)):  # fmt: skip
                y_file = gr.File(label="the file", file_types=list(line.y_record.reads), height=110, elem_id="y-file")
                convert = gr.Button("Y → Y′", elem_id="convert")
            gr.Markdown("### Y′: change it, and render it anew")
            with gr.Tab("As tables"):
                grids = [gr.Dataframe(visible=False, interactive=True, wrap=True, elem_id=f"table-{number}")
                         for number in range(MOST_TABLES)]  # fmt: skip
                again = gr.Button("Render these tables", elem_id="render-tables")
            with gr.Tab("As text"):
                rep = gr.Textbox(label="Y′", lines=12, max_lines=30, elem_id="rep")
                from_text = gr.Button("Render this text", elem_id="render-text")
        with gr.Column():
            gr.Markdown(f"### Y: {line.y_record.name}")
            said = gr.Markdown("Nothing is made yet.", elem_id="said")
            views = _views(session)
    options = list(controls.values())
    out = [said, *views.values(), rep, *grids]

    def result(made: Made) -> list[Any]:
        return [_plain(made.said), *_values(views, made), made.rep, *_grids(made.rep)]

    def on_generate(typed: str, upload: str | None, given: str, seed: float, *values: Any) -> list[Any]:
        chosen = dict(zip(controls, values, strict=True))
        return result(_told(session.generate, typed, upload, given or "", int(seed), chosen))

    def on_text(rep: str, seed: float, *values: Any) -> list[Any]:
        return result(_told(session.render, rep, int(seed), dict(zip(controls, values, strict=True))))

    def on_tables(rep: str, seed: float, *values: Any) -> list[Any]:
        frames, chosen = values[:MOST_TABLES], dict(zip(controls, values[MOST_TABLES:], strict=True))
        return result(_told(lambda: session.render(_edited(rep, frames), int(seed), chosen)))

    def on_convert(upload: str | None) -> list[Any]:
        return result(_told(session.convert, upload))

    # A failure is shown over its places of progress: over Y, never over the Y′ that somebody has just edited.
    how: dict[str, Any] = {"api_name": False, "show_progress_on": [said, *views.values()]}
    make.click(on_generate, [typed, upload, given, seed, *options], out, **how)
    typed.submit(on_generate, [typed, upload, given, seed, *options], out, **how)
    from_text.click(on_text, [rep, seed, *options], out, **how)
    again.click(on_tables, [rep, seed, *grids, *options], out, **how)
    convert.click(on_convert, [y_file], out, **how)
    upload.upload(None, None, typed, js="() => ''")  # so what is typed came later, and is X


def _compare(session: Session) -> None:
    gr.Markdown("A held-out example of the run's own data, as each route makes it. The first time the data are read.")
    with gr.Row():
        number = gr.Slider(0, 99, value=0, step=1, label="Held-out example")
        seed = gr.Slider(0, SEEDS, value=0, step=1, label="Seed")
    go = gr.Button("Compare", variant="primary", elem_id="compare")
    name = gr.Markdown()
    columns = {}
    with gr.Row():
        for route in ROUTES:
            with gr.Column(min_width=220):
                title = gr.Markdown(f"### {SAID[route]}")
                columns[route] = {"said": title, **_views(session)}

    def on_compare(number: float, seed: float) -> list[Any]:
        which, found = _told(session.compare, int(number), int(seed))
        shown_: list[Any] = [_plain(f"Example {which}")]
        for route, views in columns.items():
            made = found.get(route)
            said = f"### {SAID[route]}\n\n" + (
                _plain(made.said) if made else "not trained: `regenkit evaluate` trains it"
            )
            inner = {key: each for key, each in views.items() if key != "said"}
            shown_ += [said, *(_values(inner, made) if made else [None] * len(inner))]
        return shown_

    go.click(on_compare, [number, seed], [name, *(each for views in columns.values() for each in views.values())],
             api_name=False, show_progress_on=name)  # fmt: skip


def _views(session: Session) -> dict[str, Any]:
    """A widget for each kind of file that the modality of Y writes, and all of them as downloads."""
    found: dict[str, Any] = {}
    for kind, suffix in shown(session.pipeline.y_record.writes).items():
        if kind in _SHOWS:
            more: dict[str, Any] = {"lines": 6} if kind == "text" else {}
            more |= {"type": "filepath"} if kind in ("image", "audio") else {}
            more |= {"height": 420} if kind in ("image", "video") else {}
            more |= {"buttons": ["copy"] if kind == "text" else ["download"]}  # nothing that sends a result elsewhere
            found[suffix] = _SHOWS[kind](label=f"as {suffix}", interactive=False, **more)
    with gr.Accordion("Files", open=False):
        found["files"] = gr.File(show_label=False, file_count="multiple", interactive=False)
    return found


def _values(views: dict[str, Any], made: Made) -> list[Any]:
    values: list[Any] = []
    for suffix, widget in views.items():
        if suffix == "files":
            values.append([str(path) for path in made.files.values()])
        elif isinstance(widget, gr.Textbox):
            values.append(made.files[suffix].read_text(encoding="utf-8"))
        else:
            values.append(str(made.files[suffix]))
    return values


def _grids(rep: str) -> list[Any]:
    found = tables(rep)
    if len(found) > MOST_TABLES:
        found = []
    made = [gr.Dataframe(value={"headers": list(table.columns), "data": table.rows}, label=table.name, visible=True,
                         row_count=len(table.rows), column_count=len(table.columns))
            for table in found]  # fmt: skip
    return made + [gr.Dataframe(visible=False)] * (MOST_TABLES - len(made))


def _edited(rep: str, frames: Sequence[Any]) -> str:
    was = tables(rep)
    if not was or len(was) > MOST_TABLES:
        raise UserError("this Y′ has no tables: edit it as text")
    edited = [Table(table.name, table.columns, frame.astype(object).where(frame.notna(), "").values.tolist())
              for table, frame in zip(was, frames, strict=False)]  # fmt: skip
    return text_of(rep, edited)


def _control(session: Session, name: str) -> Any:
    """A slider for a number, a choice for words; None for an option that no widget can set."""
    parameter, usual = session.options[name], session.usual(name)
    schema = adapter("option", {name: parameter}).json_schema()["properties"][name]
    kinds = [schema, *schema.get("anyOf", [])]
    number = next((each for each in kinds if each.get("type") in ("number", "integer")), None)
    if choices := next((each["enum"] for each in kinds if "enum" in each), None):
        return gr.Dropdown(choices, value=usual, label=name)
    if schema.get("type") == "boolean":
        return gr.Checkbox(value=usual, label=name)
    if number is None:
        return None
    whole = number["type"] == "integer"
    if usual is None:
        return gr.Number(value=None, precision=0 if whole else None, label=name)
    low = number.get("minimum", number.get("exclusiveMinimum", 0))
    high = number.get("maximum", number.get("exclusiveMaximum", max(100 if whole else 2, 4 * abs(usual))))
    return gr.Slider(low, high, value=usual, step=1 if whole else 0.01, label=name)


def _told(function: Callable[..., Any], *arguments: Any) -> Any:
    """The function's result; a mistake of the user is a message on the page."""
    try:
        return function(*arguments)
    except (UserError, BadSource, ValueError) as error:
        said = html.escape(str(error), quote=False).replace("\n", "<br>")
        raise gr.Error(said, duration=None, print_exception=False) from error


def _plain(text: str) -> str:
    """The text for Markdown, which shows it as it is: words may hold *, _, < or $."""
    return re.sub(r"([\\`*_{}\[\]<>#|$~&!])", r"\\\1", text)


def serve(sessions: Sequence[Session], *, host: str, port: int | None, open_browser: bool) -> None:
    """Show the page until the process is interrupted or its terminal closed. Uploads and results are deleted then."""
    uploads = sessions[0].folder / "uploads"
    os.environ["GRADIO_TEMP_DIR"] = str(uploads)  # goes with the session's folder
    ended = [each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) is not signal.SIG_IGN]
    try:
        with handled(_interrupt, *ended):
            page(sessions).queue(default_concurrency_limit=1).launch(
                server_name=host, server_port=port, inbrowser=open_browser, share=False, quiet=True, theme=theme(),
                max_file_size=LARGEST, footer_links=[], ssr_mode=False, prevent_thread_lock=False, show_error=True,
                allowed_paths=[str(session.folder) for session in sessions],
            )  # fmt: skip
    finally:
        for session in sessions:
            session.close()


def _interrupt(*_: object) -> None:
    """A closed terminal ends the page as Ctrl-C does."""
    raise KeyboardInterrupt
