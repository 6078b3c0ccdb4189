"""What each recipe takes, as `regenkit check` counts it: `python benchmarks/recipe_costs.py > docs/recipe_costs.md`.

Nothing is built and no data are prepared. A recipe whose packages or files are not here is left out, and named.
"""

from regenkit.errors import UserError
from regenkit.limits import size
from regenkit.pipeline import Pipeline
from regenkit.pipeline.cost import costs, record_size
from regenkit.recipe import load
from regenkit.recipe.shipped import shipped


def main() -> None:
    print("# What recipes take\n")
    print("Counted before anything is built (docs/limits.md says how, and how near it is); of sequences at 64 steps. "
          "Written by `python benchmarks/recipe_costs.py`.\n")  # fmt: skip
    print(
        "| recipe | stage | parameters | weights | optimiser | activations | batch | a record |\n| "
        + " | ".join(["---"] * 8)
        + " |"
    )
    missing = []
    for name in sorted(shipped()):
        try:
            recipe = load(name)
            pipeline = Pipeline(recipe)
            found = costs(pipeline, (*recipe.stages, "direct"))
        except UserError as error:
            missing.append((name, str(error).splitlines()[0]))
            continue
        title, record = f"`{name}`", size(record_size(pipeline.specs, max(each.steps for each in found.values())))
        for stage, each in found.items():
            kept = "unknown" if each.activations is None else size(each.activations)
            print(f"| {title} | {stage} | {each.parameters:,} | {size(each.weights)} | {size(each.optimizer)} | "
                  f"{kept} | {each.batch_size} | {record} |", flush=True)  # fmt: skip
            title, record = "", ""
    for name, why in missing:
        print(f"\nLeft out: `{name}`: {why}")


if __name__ == "__main__":
    main()
