"""The reference of the Python interface: every public name of `regenkit`, and the modules that authors use."""

import importlib
import importlib.util
import inspect
import re

import regenkit

SAID = {
    "__version__": "The version of regenkit, as text.",
    "hookimpl": "Marks a function or method as the implementation of a hook of that name: `@hookimpl`. The hooks are "
    "on the page [Hooks](hooks.md).",
}
"""Public names that are no class and no function."""
MODULES = (
    "regenkit.spec", "regenkit.adapter", "regenkit.stage", "regenkit.components", "regenkit.hookspecs",
    "regenkit.given", "regenkit.rep_text", "regenkit.files", "regenkit.ranges", "regenkit.layers.noise",
    "regenkit.testing",
)  # fmt: skip
"""What a plugin may import; those that are there."""


def target(name: str) -> str:
    """Where a public name is defined: "regenkit.pipeline.load.load_run" of "load"."""
    value = getattr(regenkit, name)
    return f"{value.__module__}.{value.__qualname__}"


def page() -> str:
    found = [
        "# Python\n",
        "All that `import regenkit` offers. It imports neither TensorFlow nor numpy; `load`, `Spec`, `Field` and "
        "`tokens` do when they are first used. What `regenkit.load` returns is a [Pipeline](pipeline.md).\n",
    ]  # fmt: skip
    for name in regenkit.__all__:
        found.append(f"## `regenkit.{name}`\n")
        found.append(f"{SAID[name]}\n" if name in SAID else f"{call(name)}\n{_directive(target(name))}")
    return "\n".join(found)


def call(name: str) -> str:
    """How a public class or function is called: a parameter a line, with its type and default; nothing for an error."""
    value = getattr(regenkit, name)
    if isinstance(value, type) and issubclass(value, Exception):
        return ""
    signature = inspect.signature(value)
    lines, kind = [], None
    for each in signature.parameters.values():
        if each.kind is each.KEYWORD_ONLY and kind is not each.KEYWORD_ONLY:
            lines.append("    *,")
        kind = each.kind
        usual = "" if each.default is each.empty else f" = {_usual(each.default)}"
        lines.append(f"    {each.name}: {_type(each.annotation)}{usual},")
    head = f"regenkit.{name}("
    returns = signature.return_annotation
    tail = ")" if returns in (inspect.Signature.empty, None) or isinstance(value, type) else f") -> {_type(returns)}"
    return "\n".join(["```python", *([head, *lines, tail] if lines else [head + tail]), "```"])


def _type(annotation: object) -> str:
    """A type as it is written, without the modules that its names come from."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return re.sub(r"\b(?:\w+\.)+(?=[A-Z])", "", text)


def _usual(default: object) -> str:
    return "…" if repr(default) == "<factory>" else repr(default)


def pipeline_page() -> str:
    return "# Pipeline\n\nA trained run, as `regenkit.load` opens it.\n\n" + _directive(
        "regenkit.pipeline.pipeline.Pipeline"
    )


def authors_page() -> str:
    found = [
        "# Modules for authors\n",
        "What a plugin may import, beside the names of `regenkit` itself. The types of `regenkit.adapter` and "
        "`regenkit.stage` say what a component must have, and what each optional member opens.\n",
    ]  # fmt: skip
    found += [f"## {name}\n\n{_directive(name)}" for name in modules()]
    return "\n".join(found)


def modules() -> list[str]:
    return [name for name in MODULES if importlib.util.find_spec(name)]


def _directive(path: str) -> str:
    return f"::: {path}\n    options:\n      show_root_heading: false\n      show_root_toc_entry: false\n"


def documented(name: str) -> bool:
    """Whether a public name has a text of its own."""
    return name in SAID or bool(getattr(regenkit, name).__doc__)
