"""The model card: what a run is, what it was made of, what it can do, and how to repeat it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from regenkit.analysis.evaluation.scores import plain
from regenkit.analysis.report.finding import finding
from regenkit.analysis.report.table import columns, figure, routes
from regenkit.files import write_text


def write_card(report: Mapping[str, Any], path: Path) -> None:
    """Write MODEL_CARD.md whole, at `path` (Mitchell et al. 2019, arXiv 1810.03993)."""
    parts = (_what, _data, _training, _figures, _limits, _repeat)
    write_text(path, "\n".join(line for part in parts for line in part(report)) + "\n")


def _what(report: Mapping[str, Any]) -> list[str]:
    data, parameters, recipe = report["data"], report["parameters"], report["recipe"]
    return [
        f"# {report['trained_with'].get('name') or Path(str(report['run'])).name}",
        "",
        f"Makes {data['y']} from {data['x']} in two steps, by regeneration learning (Tan et al. 2023, arXiv "
        f"2301.08846): a generator X → Y′ ({_made_by(recipe['generator'])}, {parameters['generator']:,} parameters) "
        f"and a renderer Y′ → Y ({_made_by(recipe['renderer'])}, {parameters['renderer']:,} parameters). Y′ is made by "
        f"{_made_by(recipe['converter'])}.{_together(recipe)}",
        "",
    ]  # fmt: skip


def _made_by(section: Mapping[str, Any]) -> str:
    return str(section["use"]) if "use" in section else f"the one of {section['from']}"


def _together(recipe: Mapping[str, Any]) -> str:
    """How the stages were trained beyond each by itself."""
    if tuned := recipe.get("finetune"):
        return f" The renderer was trained further on predicted Y′ ({tuned['on'].replace('_', ' ')})."
    if recipe.get("joint"):
        return " In the end they were trained together (Equation 1 of that paper)."
    return ""


def _data(report: Mapping[str, Any]) -> list[str]:
    data = report["data"]
    splits = ", ".join(
        f"{split} {count['paired']}" + (f" (and {count['unpaired']} of Y alone)" if count["unpaired"] else "")
        for split, count in data["examples"].items() if split != "dropped"
    )  # fmt: skip
    return [
        "## Data", "",
        f"{data['name']}: {data['summary']}; {data['size']}.", "",
        f"Licence: {data['licence']}.", "",
        f"Examples: {splits}. {sum(data['examples']['dropped'].values())} were left out, as they hold a part of a "
        f"held-out one, go with one, or could not be converted; {data['skipped']} sources could not be used.", "",
    ]  # fmt: skip


def _training(report: Mapping[str, Any]) -> list[str]:
    rows = [
        f"| {stage} | {report['parameters'].get(stage, 0):,} | {each['steps']} | {each['best_step']} "
        f"| {'–' if each['seconds'] is None else round(each['seconds'])} | {each.get('from', 'this run')} |"
        for stage, each in report["training"].items()
    ]
    return [
        "## Training", "",
        f"Seed {report['recipe']['train']['seed']}. Seconds are of training steps alone, on the machine named below.",
        "", "| stage | parameters | steps | best step | seconds | from |", "| --- | --- | --- | --- | --- | --- |",
        *rows, "",
    ]  # fmt: skip


def _figures(report: Mapping[str, Any]) -> list[str]:
    shown = columns(dict(report))
    head = " | ".join(plain(title) for title, _ in shown)
    rows = [
        f"| {name} | {' | '.join(figure(figures.get(route)) for _, figures in shown)} |"
        for route, name in routes(dict(report)).items()
    ]
    return [
        "## Figures", "",
        f"On {report['examples']} held-out examples ({report['steps']} steps of Y), {report['evaluation']['samples']} "
        "sample of each route an input; ± is half the 95 % bootstrap interval over examples.", "",
        f"| route | {head} |", f"| --- {'| --- ' * len(shown)}|", *rows, "",
        *(f"- {sentence}" for sentence in finding(report)), "",
    ]  # fmt: skip


def _limits(report: Mapping[str, Any]) -> list[str]:
    return [
        "## Limits", "",
        "- One training seed: intervals are over examples, and another seed may differ by as much.",
        "- It has learned from the data named above; of other kinds of X and Y nothing is known.",
        "- Nothing here was judged by listeners or viewers.",
        "- Bits of continuous values depend on the rounding; contrastive bounds see only what their features show.",
        "- Whether weights may be passed on depends on the licence of the data.", "",
    ]  # fmt: skip


def _repeat(report: Mapping[str, Any]) -> list[str]:
    command = [Path(word).name if place == 0 else word
               for place, word in enumerate(report["trained_with"].get("command", []))]  # fmt: skip
    recipe = yaml.safe_dump(report["recipe"], sort_keys=False, allow_unicode=True)
    versions = ", ".join(f"{name} {version}" for name, version in report["environment"].items())
    return [
        "## To repeat it", "",
        *([f"    {' '.join(command)}"] if command else []), f"    regenkit evaluate {report['run']}", "",
        f"Made with {versions}. The recipe in full:", "", "```yaml", recipe.rstrip(), "```",
    ]  # fmt: skip
