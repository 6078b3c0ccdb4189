"""A grid of recipes: one recipe or several, the settings that `--vary KEY=A,B,…` varies, and training seeds.

The values are the items of a YAML list without its brackets, each as `--set KEY=VALUE` takes it: a comma within
brackets, braces or quotes does not separate values.

    renderer.width=64,128                          two numbers
    converter.parts=[timing],[rhythm, cadence]      two lists
    converter={use: a/b},{use: a/b, parts: [c]}     two whole sections
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import final

import yaml

from regenkit.analysis.grid.labels import RECIPE, tail
from regenkit.errors import UserError
from regenkit.recipe import REQUIRED, Recipe, check_data, load
from regenkit.run.folder import identity, untrained

EXAMPLE = "as in --vary renderer.width=64,128 or --vary 'converter.parts=[timing],[rhythm, cadence]'"
LARGEST = 10_000
"""Characters of a --vary: no grid that can be trained has more."""


@final
@dataclass(frozen=True, kw_only=True)
class Cell:
    """One choice of every varied setting: its recipe, by training seed."""

    label: str
    settings: dict[str, str]  # key → value, as written
    recipes: dict[int, Recipe]


def cells(
    path: Path, settings: Sequence[str], varied: Sequence[str], seeds: int, others: Sequence[Path] = ()
) -> list[Cell]:
    """Every cell of the grid, the last --vary changing fastest; their components are checked. Raises UserError.

    others   more recipe files, each a cell (or a grid) of its own, of the same dataset and metrics
    """
    choices = dict(parse(option) for option in varied)
    if len(choices) < len(varied) or not (varied or others):
        keys = [option.partition("=")[0].strip() for option in varied]
        twice = [key for key in choices if keys.count(key) > 1]
        if twice:
            raise UserError(f"--vary: {twice[0]} is varied twice; give all its values in one --vary")
        raise UserError(f"--vary: name a setting and the values to compare, {EXAMPLE}")
    for key in choices:
        if inner := next((other for other in choices if other.startswith(f"{key}.")), None):
            raise UserError(f"--vary: {inner} lies within {key}; vary one of the two")
    if seeds > 1 and "train.seed" in choices:
        raise UserError("--vary train.seed: --seeds varies it already; keep one of the two")
    files = (path, *others)
    if twice := [name for name, count in Counter(file.stem for file in files).items() if count > 1]:
        raise UserError(f"two recipes are named {twice[0]}, and runs are named by them: give one another name")
    found = []
    for file, values in product(files, product(*choices.values())):
        first = load(file, settings).train_settings().seed
        values_of = dict(zip(choices, values, strict=True))
        parts = [file.stem] if others else []
        label = ", ".join([*parts, *(f"{tail(key, choices)}={value}" for key, value in values_of.items())])
        given = [f"{key}={value}" for key, value in values_of.items()]
        numbers = [first] if "train.seed" in choices else range(first, first + seeds)
        recipes = {number: _recipe(file, settings, given, number, choices) for number in numbers}
        named = {RECIPE: file.stem} if others else {}
        found.append(Cell(label=label, settings={**named, **values_of}, recipes=recipes))
    _check_comparable(found[:: len(found) // len(files)])
    counts = Counter(identity(recipe) for cell in found for recipe in cell.recipes.values())
    if same := [cell.label for cell in found if any(counts[identity(each)] > 1 for each in cell.recipes.values())]:
        raise UserError(f"{'' if others else '--vary: '}{' and '.join(same)} are the same recipe; keep one")
    return found


def _check_comparable(cells: Sequence[Cell]) -> None:
    """Recipes of several files are of one dataset and name the same metrics. Raises UserError."""
    first, *others = (next(iter(cell.recipes.values())) for cell in cells)
    for other in others:
        sections = {"dataset": (first.dataset.plain, other.dataset.plain),
                    "evaluate": (first.evaluate, other.evaluate)}  # fmt: skip
        for section, (mine, theirs) in sections.items():
            if mine != theirs:
                raise UserError(
                    f"{other.path}: its section '{section}' is not that of {first.path}, so the two do not compare; "
                    "make it the same in both"
                )


def parse(option: str) -> tuple[str, list[str]]:
    """KEY=A,B → (key, [text of A, text of B]). Raises UserError."""
    place = f"--vary {option if option.isprintable() and len(option) < 200 else repr(option[:100])}"
    key, equals, text = option.partition("=")
    if not (equals and key.strip() and text.strip()) or len(option) > LARGEST:
        raise UserError(f"{place}: write KEY=A,B, {EXAMPLE}")
    listed = f"[{text}]"
    try:
        node = yaml.compose(listed, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UserError(f"{place}: not values with commas between them; write KEY=A,B, {EXAMPLE}") from error
    assert isinstance(node, yaml.SequenceNode)
    values = [listed[item.start_mark.index : item.end_mark.index].strip() for item in node.value]
    if len(values) < 2:
        hint = ", the list in brackets" if isinstance(node.value[0], yaml.SequenceNode) else ""
        raise UserError(f"{place}: there is one value{hint}; it takes two to compare, {EXAMPLE}")
    if twice := next((value for value in values if values.count(value) > 1), None):
        raise UserError(f"{place}: the value {twice} stands here twice")
    return key.strip(), values


def folders(cells: Sequence[Cell]) -> dict[str, Path]:
    """Identity → run directory of every recipe: a run of the same recipe wherever it lies under runs/NAME, if its
    stages are trained or a comparison began it; else the one to be made, runs/NAME/compare/READABLE-DIGEST."""
    known: dict[str, Path] = {}
    patterns = ("*/recipe.yaml", "compare/*/recipe.yaml")
    for path in (path for home in homes(cells) for pattern in patterns for path in home.glob(pattern)):
        try:
            recipe = load(path)
            done = not untrained(path.parent, recipe)
        except UserError:  # of another version, or of a plugin that is not here
            continue
        if done or path.parent.parent.name == "compare":  # else somebody may be at work on it
            known[identity(recipe)] = path.parent
    return {
        mine: known.get(mine, Path("runs") / recipe.name / "compare" / f"{slug(f'{cell.label} seed={seed}')}-{mine}")
        for cell in cells
        for seed, recipe in cell.recipes.items()
        for mine in [identity(recipe)]
    }


def homes(cells: Sequence[Cell]) -> list[Path]:
    """runs/NAME of every recipe file."""
    return list(dict.fromkeys(Path("runs") / recipe.name for cell in cells for recipe in cell.recipes.values()))


def slug(label: str) -> str:
    """A label as the name of a folder: at most 60 characters, none of them special to a shell."""
    return re.sub(r"[^\w.=+-]+", "-", re.sub(r"[\[\]]", "", label))[:60].strip("-")


def _recipe(
    path: Path, settings: Sequence[str], given: Sequence[str], seed: int, choices: dict[str, list[str]]
) -> Recipe:
    own = [] if "train.seed" in choices else [f"train.seed={seed}"]
    try:
        recipe = load(path, [*settings, *given, *own])
        check_data(recipe)
    except UserError as error:
        message = str(error)
        for each in given:
            message = message.replace(f"--set {each}", f"--vary {each}")
        raise UserError(message) from error
    for stage in (name for name in (*REQUIRED, "direct") if own and "seed" in recipe.train.get(name, {})):
        raise UserError(f"{path}: train.{stage}.seed: --seeds does not change it; leave the seed to train.seed")
    return recipe
