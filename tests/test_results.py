"""Results as JSON: read back they are equal, old files are refused, and the schemas in docs/ are those of the code."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_report import around, make_report
from songs import anything
from test_compare_curve import DIRECT, TOTALS
from test_compare_curve import report as make_comparison

from regenkit.analysis.results import files
from regenkit.analysis.results.comparison import Comparison
from regenkit.analysis.results.figure import Figure, Score
from regenkit.analysis.results.probing import Accuracy, Probing
from regenkit.analysis.results.report import GalleryItem, Report
from regenkit.errors import UserError

DOCS = Path(__file__).parents[1] / "docs"
NUMBERS = st.floats(allow_infinity=False)
FIGURES = st.builds(Figure, mean=NUMBERS, low=st.none() | st.floats(-9, 9), high=st.none() | st.floats(-9, 9),
                    seeds=st.lists(NUMBERS, max_size=3).map(tuple), spread=st.none() | st.floats(0, 9))  # fmt: skip


@anything
@given(figures=st.dictionaries(st.text(max_size=9), FIGURES, max_size=3), gap=FIGURES)
def test_a_report_read_back_is_equal(
    tmp_path_factory: pytest.TempPathFactory, figures: dict[str, Figure], gap: Figure
) -> None:
    path = tmp_path_factory.mktemp("round") / "report.json"
    item = GalleryItem(rank="best", id="song/1", x="", files={"oracle": ("a.png",)}, described={"oracle": "„A“"})
    score = Score(better="closer", routes=figures, predicted_minus={"oracle": gap})
    report = make_report(gallery=(item,), continuous=())
    report = replace(report, scores={**report.scores, "toy/any": score}, recipe={**report.recipe, "joint": None})
    files.write(report, path)
    assert files.read(Report, path) == report


@pytest.mark.parametrize("direct", [DIRECT, None])
def test_a_comparison_read_back_is_equal(tmp_path: Path, direct: dict[str, float] | None) -> None:
    comparison = make_comparison(TOTALS, direct, gaps={"1": -0.3, "0.05": -0.1, "0.2": -0.2})
    files.write(comparison, tmp_path / "comparison.json")
    assert files.read(Comparison, tmp_path / "comparison.json") == comparison


def test_a_probing_read_back_is_equal(tmp_path: Path) -> None:
    accuracy = Accuracy(size=12, linear=around(0.5), knn=around(0.4))
    probing = Probing(run="runs/1", stage="converter", label="label", training=9, held_out=3, features={"Y′": accuracy})
    files.write(probing, tmp_path / "probe.json")
    assert files.read(Probing, tmp_path / "probe.json") == probing


def test_what_is_undefined_is_null_and_what_is_absent_is_not_there(tmp_path: Path) -> None:
    score = Score(better="closer", routes={"oracle": Figure(math.nan)}, predicted_minus={})
    report = replace(make_report(), scores={"toy/any": score})
    found = json.loads(files.to_json(report))
    assert found["scores"]["toy/any"]["routes"]["oracle"] == {"mean": None, "seeds": []}
    assert found["version"] == Report.VERSION
    assert "spread" not in found["boundary"]["compactness"]["ratio"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"run": "runs/1", "bits_per_step": {}}', "has no version, and this regenkit reads version 2. Make it "
         "anew with `regenkit evaluate`: what is trained is not trained again"),
        ('{"version": 1}', "is of version 1"),
        ('{"version": 2, "runs": "one"}', "runs: .*; make it anew with `regenkit evaluate`"),
        ("[1, 2]", "is not a file of `regenkit evaluate`"),
        ("no JSON", "is not a file of `regenkit evaluate`"),
    ],
)  # fmt: skip
def test_another_file_is_refused_by_a_message_that_says_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(UserError, match=rf"report\.json: {said}"):
        files.read(Report, path)


@pytest.mark.parametrize("name", files.SCHEMAS)
def test_the_schemas_in_the_docs_are_current(name: str) -> None:
    """If not: python -m regenkit.analysis.results.files docs"""
    assert (DOCS / f"{name}.schema.json").read_text(encoding="utf-8") == files.schema(name)
