"""A report with figures that are made up, of a run never trained."""

from dataclasses import replace
from typing import Any

from regenkit.analysis.findings.evaluation import worded
from regenkit.analysis.results.figure import Cost, Figure, Score, StageCost
from regenkit.analysis.results.report import (
    Bits,
    Boundary,
    Compactness,
    Conversion,
    Data,
    FieldCode,
    Relevance,
    Report,
    StageTraining,
    TokenUse,
    TrainedWith,
)

ROUTES = ("reference", "oracle", "predicted", "direct", "direct_half", "constant", "random", "unigram")


def around(mean: float, half: float = 0.05) -> Figure:
    return Figure(mean, mean - half, mean + half)


def cost(bits: float, without_x: float | None = None) -> Cost:
    if without_x is None:
        return Cost(bits=around(bits))
    return Cost(bits=around(bits), without_x=around(without_x), saved=around(without_x - bits))


def stage(fields: dict[str, float], without_x: dict[str, float] | None = None) -> StageCost:
    blind = without_x or {}
    return StageCost(
        total=cost(sum(fields.values()), sum(blind.values()) if blind else None),
        fields={name: cost(bits, blind.get(name)) for name, bits in fields.items()},
    )


def make_report(apart: float = 0.6, chord_saved: float = 0.02, **changes: Any) -> Report:
    """A template of rhythm and chords: what docs call calibration. Y holds rhythm and pitch, and no chords."""
    made, without = {"rhythm": 0.9, "chord": 1.94}, {"rhythm": 1.2, "chord": 1.94 + chord_saved}
    direct = stage({"rhythm": 0.9, "pitch": 2.4}, {"rhythm": 1.2, "pitch": 2.5})
    bits = Bits(
        routes={
            "generator": stage(made, without), "oracle": stage({"pitch": 1.2}),
            "predicted": stage({**made, "pitch": 1.2}, {**without, "pitch": 1.2}),
            "direct": direct, "direct_half": direct, "constant": stage({"pitch": 2.0}),
            "unigram": stage({"pitch": 8.0}),
        },
        predicted_minus={"direct": around(apart), "direct_half": around(apart)},
        constant_minus_oracle=around(0.8),
    )  # fmt: skip
    score = Score(
        better="higher",
        routes={route: around(0.5) for route in ROUTES},
        predicted_minus={"oracle": around(-0.2), "direct": around(0.1), "direct_half": around(0.0)},
    )
    code = FieldCode(order0=around(2.0), order1=around(1.75), order2=around(1.5))
    boundary = Boundary(
        compactness=Compactness(
            examples=3, ratio=around(0.5), per_step={"rep": around(2.0), "y": around(4.0)},
            per_example={"rep": around(60), "y": around(120)},
            fields={"rep": {"rhythm": code}, "y": {"rhythm": code, "pitch": replace(code, step=0.1, channels=1)}},
        ),
        relevance=Relevance(unit="example", rep=around(1), y=around(2), rep_shuffled=around(0), y_shuffled=around(0),
                            cap=7.0, units=9, negatives=128),
        conversion=Conversion(median=0.3, quartiles=(0.2, 0.4), examples=3),
        codebook={"chord": TokenUse(tokens=48, used=20, dead=28, perplexity=9.0, commonest=0.4)},
    )  # fmt: skip
    report = Report(
        runs=("runs/<b>song & dance</b>/1",), examples=3, steps=90, samples=1, seconds=2.0, continuous=(),
        baselines=("direct", "direct_half"), bits=bits, scores={"toy/stress_on_beat": score}, boundary=boundary,
        recipe={name: {"use": "toy"} for name in ("converter", "generator", "renderer")} | {"train": {"seed": 0}},
        parameters={"generator": 10, "renderer": 20, "direct": 30, "direct_half": 10},
        data=Data(name="toy/data", summary="toys", licence="CC0-1.0", size="small", x="words", y="tune", skipped=2,
                  examples={"train": {"paired": 5, "unpaired": 7}, "dropped": {"paired": 1, "unpaired": 0}}),
        training={"generator": StageTraining(steps=9, best_step=6, parameters=10, seconds=1.4),
                  "renderer": StageTraining(steps=9, best_step=6, parameters=20, origin="runs/other")},
        trained_with=TrainedWith(name="toy", command=("bin/regenkit", "train", "toy.yaml")), environment={"numpy": "2"},
    )  # fmt: skip
    return worded(replace(report, **changes))
