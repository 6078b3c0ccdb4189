"""The JSON Schema of a recipe, for editors: completion, hints and errors while one is written."""

from typing import Any

from regenkit import plugins
from regenkit.components import Component
from regenkit.errors import UserError
from regenkit.recipe.arguments import adapter, defaults, parameters, plain
from regenkit.recipe.mismatch_options import FINETUNE
from regenkit.recipe.reader import FRACTION
from regenkit.recipe.recipe import REQUIRED, SETTINGS
from regenkit.recipe.train_settings import AUXILIARY_WEIGHT, JointSettings, TrainSettings

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def build(host: plugins.Host | None = None) -> dict[str, Any]:
    """The schema for the installed plugins. Imports every component; one that can't be imported takes any arguments."""
    host = host or plugins.host()
    definitions: dict[str, Any] = {}
    sections: dict[str, dict[str, Any]] = {
        role: {"anyOf": [_choice(role, each, definitions) for each, _ in host.all(role)]} for role in REQUIRED
    }
    for role in ("converter", "generator", "renderer"):
        run = {"type": "string", "description": "run directory whose trained stage is taken"}
        sections[role]["anyOf"].append(_map({"from": run}, title="from", required=["from"]))
    share = "share of the training pairs that keep X; of the others Y alone is learned from"
    for choice in sections["dataset"]["anyOf"]:
        choice["properties"][FRACTION] = {"type": "number", "exclusiveMinimum": 0, "maximum": 1, "default": 1,
                                          "description": share}  # fmt: skip
    weight = {"type": "number", "minimum": 0, "default": AUXILIARY_WEIGHT, "description": "of its loss"}
    auxiliary = [{**each, "properties": {**each["properties"], "weight": weight}}
                 for each in sections["renderer"]["anyOf"] if "use" in each["properties"]]  # fmt: skip
    decoder = {"const": "converter", "description": "the converter's own decoder"}
    sections["renderer"]["anyOf"].append(_map({"use": decoder}, title="converter", required=["use"]))
    on = {"enum": list(FINETUNE), "description": "which Y′: drawn freely, or each step given the true earlier"}
    tuned = _map({"on": on}, title="finetune", required=["on"])
    for role in ("generator", "renderer"):
        for choice in sections[role]["anyOf"]:
            choice["properties"].setdefault("sample", {"type": "object", "description": "sampling options"})
    sections |= {
        "source": _or_null(
            sections["converter"]["anyOf"], "a converter X → X′ before the generator; of a run, what makes its Y′"
        ),
        "auxiliary": _or_null(
            auxiliary, "a stage that draws X again from X and the predicted Y′ while the generator is trained"
        ),
        "finetune": _or_null([tuned], "train the renderer further on predicted Y′"),
        "joint": _or_null([JointSettings.model_json_schema()], "train the stages together"),
        "direct": {"type": "object", "description": "arguments of the generator that differ in the baseline X → Y"},
        "train": _train(),
        "evaluate": {"type": "array", "items": {"enum": host.names("metric")}, "description": "scores of samples"},
    }
    schema = _map(sections, title="regenkit recipe", required=list(REQUIRED))
    return {"$schema": DIALECT, **schema, "$defs": definitions}


def _or_null(choices: list[dict[str, Any]], description: str) -> dict[str, Any]:
    return {"description": description, "anyOf": [*choices, {"type": "null"}]}


def _map(properties: dict[str, Any], *, title: str, required: list[str]) -> dict[str, Any]:
    return {"title": title, "type": "object", "properties": properties, "required": required,
            "additionalProperties": False}  # fmt: skip


def _choice(role: str, component: Component, definitions: dict[str, Any]) -> dict[str, Any]:
    """`{use: NAME, **args}` for one component."""
    use = {"const": component.name, "description": component.summary}
    choice = _map({"use": use}, title=component.name, required=["use"])
    try:
        known = parameters(component)
    except UserError as error:
        return {**choice, "additionalProperties": True, "description": f"{component.summary} ({error})"}
    template = f"#/$defs/{role}:{component.name.replace('/', ':')}:{{model}}"
    described = adapter(component.name, known).json_schema(ref_template=template)
    for name, definition in described.pop("$defs", {}).items():
        definitions[template.removeprefix("#/$defs/").format(model=name)] = definition
    properties = described.get("properties", {})
    for name, default in plain(defaults(known)).items():
        properties[name]["default"] = default
    return {
        **choice,
        "description": component.summary,
        "properties": {**choice["properties"], **properties},
        "required": ["use", *described.get("required", [])],
    }


def _train() -> dict[str, Any]:
    settings = TrainSettings.model_json_schema()
    known = settings["properties"]
    stage = {**settings, "properties": {name: each for name, each in known.items() if name != "strategy"}}
    return {**settings, "properties": {**known, **dict.fromkeys(SETTINGS, stage)}}
