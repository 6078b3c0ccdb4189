"""Colours of classes, of numbers and of normals, uint8 (…, 3)."""

import colorsys

import numpy as np

IGNORED = (224, 224, 224)
"""What is not known."""
GOLDEN = 0.6180339887
LOW, MIDDLE, HIGH = (253, 231, 37), (33, 145, 140), (68, 1, 84)


def palette(count: int) -> np.ndarray:
    """`count` colours that are easily told apart: hues by the golden section, in three brightnesses."""
    colours = [colorsys.hsv_to_rgb((0.6 + number * GOLDEN) % 1, 0.75, (0.75, 0.95, 0.5)[number % 3])
               for number in range(count)]  # fmt: skip
    return np.round(255 * np.array(colours)).astype(np.uint8)


def of_classes(tokens: np.ndarray, count: int) -> np.ndarray:
    table = np.concatenate([[IGNORED], palette(count)]).astype(np.uint8)
    found: np.ndarray = table[np.clip(tokens, 0, count)]
    return found


def of_numbers(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Near is yellow and far is violet, by two straight lines in RGB; 0 is grey."""
    place = np.clip((values - low) / max(high - low, 1e-9), 0, 1)[..., None]
    ends = np.array([LOW, MIDDLE, HIGH], float)
    half = np.where(
        place < 0.5, ends[0] + 2 * place * (ends[1] - ends[0]), ends[1] + (2 * place - 1) * (ends[2] - ends[1])
    )
    return np.where((values == 0)[..., None], IGNORED, np.round(half)).astype(np.uint8)


def of_normals(normals: np.ndarray) -> np.ndarray:
    """Each axis from −1 to 1 as a level from 0 to 255, so that what faces the camera is (128, 128, 255)."""
    levels = np.round((np.clip(normals, -1, 1) + 1) * 127.5)
    return np.where(np.any(normals != 0, -1, keepdims=True), levels, IGNORED).astype(np.uint8)
