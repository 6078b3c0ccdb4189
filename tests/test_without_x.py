"""What X saves is stated of models that learned without it, and of no others."""

from dataclasses import replace
from pathlib import Path

import letters
import pytest
from made_report import make_report, stage

from regenkit import plugins
from regenkit.analysis.measures.bits import learned_without_x
from regenkit.pipeline import Pipeline
from regenkit.recipe import load


@pytest.mark.parametrize(
    ("settings", "learned"),
    [
        ((), True),  # some examples of the toy have no X
        (("train.paired_share=1",), False),
        (("train.paired_share=1", "generator.condition_dropout=0.1"), True),
        (("train.generator.paired_share=1", "dataset.paired_fraction=0.5"), False),
    ],
)
def test_which_models_learn_without_x(
    settings: tuple[str, ...], learned: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: Path
) -> None:
    host = plugins.Host([letters])
    monkeypatch.setattr(plugins, "host", lambda: host)
    (tmp_path / "toy.yaml").write_text(letters.RECIPE)
    pipeline = Pipeline(load(tmp_path / "toy.yaml", settings))
    pipeline._stages["generator"] = pipeline.build("generator")
    prepared = pipeline.prepare(lambda *_: None)
    assert len(prepared.indices("train", paired=False))
    assert learned_without_x(pipeline, prepared, "generator") is learned


def test_nothing_is_said_of_what_x_saves_of_a_model_that_never_learned_without_it() -> None:
    report = make_report()
    bits = report.bits.routes | {"generator": stage({"rhythm": 0.9, "chord": 1.94})}
    found = " ".join(make_report(bits=replace(report.bits, routes=bits)).finding)
    assert "What X saves of it is not known" in found and "X saves 0" not in found
    assert "the second principle, that" not in found and "leaner" not in found


@pytest.mark.parametrize(
    ("fields", "without", "advice"),
    [
        ({"rhythm": 0.5, "end of y": 0.9}, {"rhythm": 1.5, "end of y": 0.91}, None),  # an end is no field
        ({"rhythm": 0.9, "pace": 0.1}, {"rhythm": 1.3, "pace": 1.0}, ""),  # rhythm is nearly all of Y′
        ({"rhythm": 0.4, "pace": 0.6}, {"rhythm": 0.7, "pace": 2.0}, "drop rhythm first"),
    ],
)
def test_what_a_leaner_rep_might_leave_out(fields: dict, without: dict, advice: str | None) -> None:
    report = make_report()
    routes = report.bits.routes | {"generator": stage(fields, without)}
    found = " ".join(make_report(bits=replace(report.bits, routes=routes)).finding)
    assert ("leaner" in found) == bool(advice) and (advice or "") in found
    assert "end of y breaks" not in found
