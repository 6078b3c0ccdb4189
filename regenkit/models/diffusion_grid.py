"""How a grid is cut into patches, each of which is a place to the network."""

from typing import Any

LARGEST = 16
"""A grid is cut into patches so that it has at most so many a side."""


def grid_of(shape: Any) -> tuple[int, int]:
    """(height, width) of a field's shape."""
    return int(shape[0]), int(shape[1])


def patch_of(grid: tuple[int, int]) -> int:
    """The side of a patch; 1 where the grid is small, or its sides are odd."""
    patch = 1
    while max(grid) // patch > LARGEST and not (grid[0] % (2 * patch) or grid[1] % (2 * patch)):
        patch *= 2
    return patch
