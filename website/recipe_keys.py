"""The reference of recipes, from the schema that checks them."""

from collections.abc import Iterator
from typing import Any

from regenkit.components import ANY, Component, Converter, Dataset, Metric
from regenkit.plugins import ROLES, host
from regenkit.recipe import REQUIRED, SECTIONS, SETTINGS
from regenkit.recipe.json_schema import build
from regenkit.recipe.sampling import options_of
from regenkit.recipe.train_settings import JointSettings, TrainSettings
from website import words

ABOUT = {
    "dataset": "which examples: `{use: NAME, …}`",
    "converter": "how Y becomes Y′: `{use: NAME, …}`, or `{from: RUN}`, that of a trained run",
    "generator": "what draws Y′ from X: `{use: NAME, …}` or `{from: RUN}`; with `sample: {…}`, how it draws",
    "renderer": "what draws Y from Y′: as `generator`; `{use: converter}` is the learned converter's own decoder",
    "source": "how X becomes X′ before the generator: `{use: NAME, …}`, a converter of X's modality by rule; or "
    "`{from: RUN}`, the converter of a run whose Y are such X",
    "auxiliary": "a stage that must draw X again while the generator is trained: a renderer's name, and `weight`",
    "finetune": "`{on: sampled}` or `{on: teacher_forced}`: the renderer is trained further on predicted Y′",
    "joint": "the stages are trained together: weights of the terms of Equation 1, below",
    "direct": "what differs in the baseline X → Y, which `evaluate` and `compare` train",
    "train": "how stages are trained, below; `train.STAGE` overrides it for one of " + ", ".join(SETTINGS),
    "evaluate": "a list of metrics",
}


def page() -> str:
    rows = [(f"`{name}`", "yes" if name in REQUIRED else "", ABOUT[name]) for name in SECTIONS]
    return "\n".join([
        "# Recipes\n",
        "A recipe is a YAML file that names a dataset, a converter, a generator and a renderer, and says how they are "
        "trained. This page is made from the schema that checks recipes; `regenkit schema` prints it, for editors that "
        "complete and check YAML. What each component takes is on the page [Components](components.md).\n",
        "```yaml", _example(), "```\n",
        "`--set KEY=VALUE` overrides a setting on the command line: `--set train.generator.steps=400`.\n",
        "## Sections\n", words.table(("section", "required", ""), rows),
        "Two keys are the recipe's own and no argument of a component: `dataset.paired_fraction` (number > 0, ≤ 1; "
        "default 1) is the share of the training pairs that keep X, and `auxiliary.weight` (number ≥ 0; default 0.1) "
        "is that of the auxiliary loss.\n",
        "## train\n", _settings(TrainSettings.model_json_schema()),
        "## joint\n", _settings(JointSettings.model_json_schema()),
    ])  # fmt: skip


def _example() -> str:
    from regenkit.recipe.shipped import shipped

    text = shipped()["class2image_downsample"].read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if line and not line.startswith("#"))


def _settings(schema: dict[str, Any]) -> str:
    rows = ((f"`{name}`", words.kind(each), words.default(each, required=False), each.get("description", ""))
            for name, each in schema["properties"].items())  # fmt: skip
    return words.table(("key", "value", "default", ""), rows)


def components() -> Iterator[tuple[str, Component, str]]:
    """(role, component, distribution) of each that is installed."""
    for role in ROLES:
        for component, origin in sorted(host().all(role), key=lambda each: each[0].name):
            yield role, component, origin


def components_page() -> str:
    """Every installed component with its arguments, from the same schema."""
    schema = build()
    choices: dict[str, dict[str, Any]] = {
        role: {each["title"]: each for each in schema["properties"][role]["anyOf"]} for role in REQUIRED
    }
    found = [
        "# Components\n",
        "What a recipe can name, from the plugins that were installed when this page was made. `regenkit plugins` "
        "lists those that are installed with you.\n",
    ]  # fmt: skip
    last = ""
    for role, component, origin in components():
        if role != last:
            found.append(f"## {role.capitalize()}s\n" if role != "modality" else "## Modalities\n")
            last = role
        found += [f"### {component.name} {{ #{role}-{component.name.replace('/', '-')} }}\n", _facts(component, origin)]
        if role in choices:
            found.append(_arguments(component, choices[role].get(component.name, {}), role))
    return "\n".join(found)


def own_datasets() -> str:
    """The datasets that read a user's own files, as a table."""
    rows = [
        (f"[`{each.name}`](reference/components.md#dataset-{each.name.replace('/', '-')})",
         f"{each.x} → {each.y}", words.plain(each.summary))
        for _, each, _ in components() if isinstance(each, Dataset) and each.licence == "yours"
    ]  # fmt: skip
    return words.table(("dataset", "X → Y", "what it reads"), rows)


def _facts(component: Component, origin: str) -> str:
    facts = [f"{words.plain(component.summary)}."]
    if isinstance(component, Dataset):
        facts.append(f"{component.x} → {component.y}. {_sentence('Size', component.size)}"
                     f"{_sentence('Licence', component.licence)}")  # fmt: skip
    if isinstance(component, Converter):
        facts.append(f"For {'any modality' if component.modality == ANY else component.modality}"
                     f"{'; learned' if component.learned else '; by a rule'}.")  # fmt: skip
    if isinstance(component, Metric):
        facts.append(f"For {component.modality}; {component.better} is better.")
    reads, writes = (", ".join(f"`{each}`" for each in getattr(component, way, ())) for way in ("reads", "writes"))
    if reads or writes:
        facts.append(f"Reads {reads or 'no files'}; writes {writes or 'none'}.")
    extra = f", extra `{component.extra}`" if component.extra else ""
    return " ".join(facts) + f" From {origin}{extra}; `{component.target}`.\n"


def _sentence(what: str, text: str) -> str:
    return f"{what}: {words.plain(text)}. " if text else ""


def _arguments(component: Component, choice: dict[str, Any], role: str) -> str:
    try:
        target = component.load()
    except Exception as error:  # whatever keeps it from being imported is said on the page
        return f"It could not be imported: {words.plain(' '.join(str(error).split())[:200])}\n"
    said = words.described(target.__doc__)
    if isinstance(target, type):
        said |= words.described(vars(target).get("__init__", target).__doc__)
    required = set(choice.get("required", []))
    rows = [
        (f"`{name}`", words.kind(each), words.default(each, required=name in required), words.plain(said.get(name, "")))
        for name, each in choice.get("properties", {}).items() if name not in ("use", "sample", "paired_fraction")
    ]  # fmt: skip
    found = [words.plain(words.first_paragraph(target.__doc__)) + "\n"] if target.__doc__ else []
    if rows:
        found.append(words.table(("argument", "value", "default", ""), rows))
    options = options_of(target) if role in ("generator", "renderer") else {}
    if options:
        listed = ", ".join(f"`{name}` ({each.default})" for name, each in options.items())
        found.append(f"Sampling options, with their defaults: {listed}.\n")
    return "\n".join(found)
