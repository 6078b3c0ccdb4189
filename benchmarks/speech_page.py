"""The table of docs/speech.md, and docs/speech_table.json, out of the reports of `benchmarks/speech_table.py`.

python benchmarks/speech_page.py --seeds 0.json 1.json 2.json --vocoder "Vocos=a.json" --other "half the pairs=b.json"

--seeds    of one recipe, which differ by `train.seed`; by Griffin-Lim
--vocoder  NAME=REPORT: rows of a vocoder's true and predicted mel
--other    NAME=REPORT or NAME=REPORT,REPORT: predicted mel by Griffin-Lim of other trainings
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

PAGE, BEGIN, END = Path("docs/speech.md"), "<!-- speech -->\n", "<!-- end -->"
REPORT = Path("docs/speech_table.json")
COLUMNS = {
    "word_error_rate": ("word errors", 3), "character_error_rate": ("character errors", 3),
    "mel_cepstral_distortion": ("cepstral distortion, dB", 2), "f0_rmse": ("f0, cents", 0),
    "voicing_error": ("voicing error", 3), "duration_ratio": ("length", 2), "real_time_factor": ("CPU a second", 3),
}  # fmt: skip
BY_RULE = "predicted mel, Griffin-Lim"
Rows = dict[str, dict[str, list[float | None]]]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--seeds", type=Path, nargs="+", required=True)
    asked.add_argument("--vocoder", nargs="*", default=[])
    asked.add_argument("--other", nargs="*", default=[])
    options = asked.parse_args()
    seeds = [json.loads(path.read_text()) for path in options.seeds]
    rows = {name: _over([each["rows"][name] for each in seeds])
            for name in ("recordings", "true mel, Griffin-Lim", BY_RULE)}  # fmt: skip
    for name, reports in map(_named, options.vocoder):
        rows[f"true mel, {name}"] = _over([each["rows"]["true mel, Vocos"] for each in reports])
        rows[f"predicted mel, {name}"] = _over([each["rows"]["predicted mel, Vocos"] for each in reports])
    for name, reports in map(_named, options.other):
        rows[f"{BY_RULE}, {name}"] = _over([each["rows"][BY_RULE] for each in reports])
    for name in ("another prompt's recording", "espeak-ng"):
        rows[name] = _over([each["rows"][name] for each in seeds])
    whole = {"examples": seeds[0]["examples"], "seeds": len(seeds), "rows": rows}
    REPORT.write_text(json.dumps(whole, indent=1) + "\n")
    before, rest = PAGE.read_text().split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table(rows)}\n{END}{rest.split(END, 1)[1]}")


def _named(option: str) -> tuple[str, list[dict[str, Any]]]:
    name, _, paths = option.rpartition("=")
    return name, [json.loads(Path(path).read_text()) for path in paths.split(",")]


def _over(reports: list[dict[str, float | None]]) -> dict[str, list[float | None]]:
    return {name: [each[name] for each in reports] for name in COLUMNS}


def table(rows: Rows) -> str:
    """Markdown; ± is the standard deviation over seeds, where they differ."""
    lines = [["", *(title for title, _ in COLUMNS.values())], ["---"] * (1 + len(COLUMNS))]
    for name, row in rows.items():
        lines.append([name, *(_cell(row[column], digits) for column, (_, digits) in COLUMNS.items())])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(values: list[float | None], digits: int) -> str:
    known = np.array([each for each in values if each is not None], float)
    if not len(known):
        return ""
    spread = known.std(ddof=1) if len(known) > 1 else 0.0
    return f"{known.mean():.{digits}f}" + (f" ± {spread:.{digits}f}" if round(spread, digits) else "")


if __name__ == "__main__":
    main()
