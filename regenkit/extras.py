"""Packages: which version is installed, and which a component says it needs, by the extra of its distribution."""

from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement

from regenkit.components import Component
from regenkit.origin import CORE


def installed(package: str) -> str | None:
    """Its version; None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def missing(component: Component) -> list[str]:
    """Packages of the component's extra that are not installed, whether or not its module imports them at once."""
    distribution = component.origin.distribution or CORE
    if not component.extra or installed(distribution) is None:
        return []
    needed = [each for each in map(Requirement, requires(distribution) or [])
              if applies(each, component.extra) and not applies(each, "")]  # fmt: skip
    return [each.name for each in needed if installed(each.name) is None]
