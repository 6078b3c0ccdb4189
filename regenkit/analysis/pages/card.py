"""The model card: what a run is, what it was made of, what it can do, and how to repeat it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from regenkit.analysis.findings.wording import counted
from regenkit.analysis.pages.report_page import as_yaml
from regenkit.analysis.results.report import Report
from regenkit.analysis.tables import report_tables
from regenkit.analysis.tables.table import as_markdown, markdown
from regenkit.files import write_text
from regenkit.terminal import visible


def write_card(report: Report, path: Path) -> None:
    """Write MODEL_CARD.md whole, at `path` (Mitchell et al. 2019, arXiv 1810.03993)."""
    parts = (_what, _data, _training, _figures, _limits, _repeat)
    write_text(path, "\n".join(line for part in parts for line in part(report)) + "\n")


def _what(report: Report) -> list[str]:
    data, parameters, recipe = report.data, report.parameters, report.recipe
    return [
        f"# {markdown(report.trained_with.name)}",
        "",
        f"Makes {data.y} from {data.x} in two steps, by regeneration learning (Tan et al. 2023, arXiv "
        f"2301.08846): a generator X → Y′ ({_made_by(recipe['generator'])}, {parameters['generator']:,} parameters) "
        f"and a renderer Y′ → Y ({_made_by(recipe['renderer'])}, {parameters['renderer']:,} parameters). Y′ is made by "
        f"{_made_by(recipe['converter'])}.{_source(recipe)}{_together(recipe)}",
        "",
    ]  # fmt: skip


def _made_by(section: Mapping[str, Any]) -> str:
    return markdown(str(section["use"]) if "use" in section else f"the one of {section['from']}")


def _source(recipe: Mapping[str, Any]) -> str:
    return f" X is read as X′, which is made by {_made_by(recipe['source'])}." if recipe.get("source") else ""


def _together(recipe: Mapping[str, Any]) -> str:
    """How the stages were trained beyond each by itself."""
    if tuned := recipe.get("finetune"):
        return f" The renderer was trained further on predicted Y′ ({tuned['on'].replace('_', ' ')})."
    if recipe.get("joint"):
        return " In the end they were trained together (Equation 1 of that paper)."
    return ""


def _data(report: Report) -> list[str]:
    data = report.data
    dropped = sum(data.examples["dropped"].values())
    splits = ", ".join(
        f"{split} {count['paired']}" + (f" (and {count['unpaired']} of Y alone)" if count["unpaired"] else "")
        for split, count in data.examples.items() if split != "dropped"
    )  # fmt: skip
    return [
        "## Data", "",
        f"{markdown(data.name)}: {markdown(data.summary)}; {markdown(data.size)}.", "",
        f"Licence: {markdown(data.licence)}.", "",
        f"Examples: {splits}. Left out: {counted(dropped, 'example')}, for content or a group shared with a held-out "
        f"example, or since no Y′ could be made. Not usable: {counted(data.skipped, 'source')}.", "",
    ]  # fmt: skip


def _training(report: Report) -> list[str]:
    return [
        "## Training", "",
        f"Seed {report.recipe['train']['seed']}. Seconds are of training steps alone, on the machine named below.", "",
        as_markdown(report_tables.training(report)), "",
        *([as_markdown(only), ""] if (only := report_tables.training(report, together=True)).rows else []),
    ]  # fmt: skip


def _figures(report: Report) -> list[str]:
    return [
        "## Figures", "",
        f"On {counted(report.examples, 'held-out example')} ({counted(report.steps, report.unit)} of Y), "
        f"{counted(report.samples, 'sample')} of each route an input; ± is half the 95 % bootstrap interval over "
        "examples. Bits from the true Y′ and from a constant one leave out what Y′ itself costs.", "",
        as_markdown(report_tables.routes(report)), "",
        *(f"- {markdown(sentence)}" for sentence in report.finding), "",
    ]  # fmt: skip


def _limits(report: Report) -> list[str]:
    return [
        "## Limits", "",
        "- One training seed: intervals are over examples, and another seed may differ by as much.",
        "- It has learned from the data named above; of other kinds of X and Y nothing is known.",
        "- Nothing here was judged by listeners or viewers.",
        "- Bits of continuous values depend on the rounding; contrastive bounds see only what their features show.",
        "- Whether weights may be passed on depends on the licence of the data.", "",
    ]  # fmt: skip


def _repeat(report: Report) -> list[str]:
    command = [Path(word).name if place == 0 else word for place, word in enumerate(report.trained_with.command)]
    versions = ", ".join(f"{name} {version}" for name, version in report.environment.items())
    recipe = visible(as_yaml(report.recipe).rstrip())
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", recipe)), default=0))
    return [
        "## To repeat it", "",
        *([f"    {_line(' '.join(command))}"] if command else []), f"    regenkit evaluate {_line(report.name)}", "",
        f"Made with {markdown(versions)}. The recipe in full:", "", f"{fence}yaml", recipe, fence,
    ]  # fmt: skip


def _line(text: str) -> str:
    """Text within a line of code."""
    return visible(" ".join(text.split()))
