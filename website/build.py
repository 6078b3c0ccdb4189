"""MkDocs' hooks: generated pages, links between pages, and pages that nobody put into the navigation.

Pages under docs/ name each other as `docs/results.md`, so that they can be read in a checkout too; here these become
links with the title of the page.
"""

import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # MkDocs loads this file by its path

from website import commands, hook_names, python_names, recipe_keys  # noqa: E402

GENERATED = {
    "reference/recipes.md": recipe_keys.page,
    "reference/components.md": recipe_keys.components_page,
    "reference/commands.md": commands.page,
    "reference/hooks.md": hook_names.page,
    "reference/python.md": python_names.page,
    "reference/pipeline.md": python_names.pipeline_page,
    "reference/authors.md": python_names.authors_page,
}
ALSO = {"changes.md": "CHANGELOG.md", "contributing.md": "CONTRIBUTING.md"}
"""Pages that stand in the root of the repository."""
OWN_DATASETS = "<!-- datasets of your own -->"
"""Where the table of them stands on the page about one's own data."""
AUTHORS = "reference/authors.md"
"""The page that has the types of `regenkit/adapter.py` and `regenkit/stage.py`."""
MORE = "More"
"""The part of the navigation that gets every page which no other part names."""


def on_config(config: Any) -> Any:
    named = set(re.findall(r"[\w/]+\.md", str(config["nav"])))
    left = sorted(path.name for path in (ROOT / "docs").glob("*.md") if path.name not in named)
    config["nav"] = [{MORE: [*left, *ALSO]} if each == {MORE: []} else each for each in config["nav"]]
    return config


def on_files(files: Files, config: Any) -> Files:
    for name, page in GENERATED.items():
        files.append(File.generated(config, name, content=page()))
    for name, source in ALSO.items():
        files.append(File.generated(config, name, content=(ROOT / source).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    markdown = markdown.replace(OWN_DATASETS, recipe_keys.own_datasets()) if OWN_DATASETS in markdown else markdown
    up = "../" * page.file.src_uri.count("/")

    def link(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        path = ROOT / "docs" / f"{name}.md"
        if not path.is_file() or page.file.src_uri == f"{name}.md":
            return found[0]
        return f"[{title(path)}]({up}{name}.md)"

    def module(found: re.Match[str]) -> str:
        return f"[{found[0]}]({up}{AUTHORS})" if page.file.src_uri != AUTHORS else found[0]

    lines, fenced = markdown.split("\n"), False
    for number, line in enumerate(lines):
        fenced ^= line.lstrip().startswith("```")
        if not fenced and not line.startswith(("    ", "```")):
            line = re.sub(r"`docs/(\w+)\.md`|(?<=\()docs/(\w+)\.md(?=[),;])", link, line)
            lines[number] = re.sub(r"`regenkit/(?:adapter|stage)\.py`", module, line)
    return "\n".join(lines)


def title(path: Path) -> str:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            return line.removeprefix("# ")
    return path.stem
