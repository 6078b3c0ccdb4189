"""The optional packages that a component says it needs, by the extra of its distribution."""

from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

from regenkit.components import Component
from regenkit.origin import CORE


def applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def missing(component: Component) -> list[str]:
    """Packages of the component's extra that are not installed, whether or not its module imports them at once."""
    if not component.extra:
        return []
    try:
        listed = requires(component.origin.distribution or CORE) or []
    except PackageNotFoundError:
        return []
    found = []
    for requirement in map(Requirement, listed):
        if applies(requirement, component.extra) and not applies(requirement, ""):
            try:
                version(requirement.name)
            except PackageNotFoundError:
                found.append(requirement.name)
    return found
