"""The reference of the Python interface: every public name of `regenkit`, and the modules that authors use."""

import importlib
import importlib.util

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
        found.append(f"{SAID[name]}\n" if name in SAID else _directive(target(name)))
    return "\n".join(found)


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
