"""Runs of text, from files to a report: facts → template → text, and by learned codes on a slower clock."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from regenkit import load
from regenkit.analysis.evaluate import Options, evaluate_run
from regenkit.recipe import load as read_recipe
from regenkit.run.train import train_recipe
from regenkit_text.modality.words import unfit

pytestmark = [
    pytest.mark.exhaustive(minutes=1),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),  # Keras and NumPy 2
]

RECIPE = """
dataset: {use: text/facts, path: PATH, units: characters}
generator: {use: transformer, width: 32, depth: 1, heads: 2, COPY}
direct: {use: transformer, width: 32, depth: 1, heads: 2}
evaluate: [text/bleu, text/chrf, text/fact_coverage, text/distinct_1, text/self_bleu, text/word_error_rate]
train: {steps: 30, steps_per_call: 10, batch_size: 16, sample_every: 0}
"""
WAYS = {
    "template": """
converter: {use: text/template}
renderer: {use: transformer, width: 32, depth: 1, heads: 2, copy: true}
""",
    "compressed": """
converter: {use: text/compressed, hop: 4, codebook_size: 16, width: 32, depth: 1, heads: 2}
renderer: {use: converter}
""",
}


def furnish(folder: Path) -> None:
    """Facts and sentences that say them."""
    draw = random.Random(0)
    folder.mkdir()
    rows = []
    for _ in range(200):
        name = "".join(draw.choice("bdfgklmnprst") + draw.choice("aeiou") for _ in range(3)).title()
        kind, tongue = draw.choice(["editor", "player", "server"]), draw.choice(["C", "Perl", "Lua"])
        text = f"{draw.choice(['fast', 'small'])} {kind} for {name} in {tongue}"
        rows.append(json.dumps({"name": name, "kind": kind, "tongue": tongue, "text": text}))
    (folder / "a.jsonl").write_text("\n".join(rows))


@pytest.mark.parametrize("way", WAYS)
def test_facts_become_text(way: str, tmp_path: Path, fresh: Path) -> None:
    furnish(tmp_path / "data")
    recipe = tmp_path / f"{way}.yaml"
    text = RECIPE.replace("PATH", str(tmp_path / "data")).replace("COPY", f"copy: {str(way == 'template').lower()}")
    recipe.write_text(text + WAYS[way])
    run = tmp_path / "run"
    train_recipe(read_recipe(recipe), run, Console(quiet=True))
    pipeline: Any = load(run)
    facts = "{name: Bodako, kind: editor, tongue: Lua}"
    one, two = pipeline.generate([facts], count=2)
    assert pipeline.generate([facts], count=2) == [one, two]  # the same seed
    assert unfit(one) is None and set(one + two) <= set(pipeline.y.units.labels)
    shown = pipeline.convert("fast editor for Bodako in Lua")
    assert ("⟨NAME⟩Bodako" in shown) == (way == "template")
    (again,) = pipeline.render(shown)
    assert isinstance(again, str)
    report = evaluate_run(run, Options(), Console(quiet=True))
    assert set(report.scores) == set(pipeline.recipe.evaluate)
