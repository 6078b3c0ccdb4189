"""How well coefficients explain faces that they were not fitted to, and how fast faces are found and drawn.

    python benchmarks/faces.py my_clips other_clips/one.mp4

A person's own shape is fitted to the first half of a clip; the error is of the second, whose frames have a pose and
coefficients alone. At most six seconds of each clip. Speed is of one thread's processor time.
"""

import argparse
import time
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np

from regenkit.spec import Field, Spec
from regenkit_video.converter.head import HeadCoefficients
from regenkit_video.face.face import RATE
from regenkit_video.face.fit import error, fit, posed
from regenkit_video.face.linear import linear_face
from regenkit_video.face.networks import networks
from regenkit_video.face.raster import rasterised
from regenkit_video.face.topology import triangles
from regenkit_video.face.tracking import filled, track
from regenkit_video.formats import READS
from regenkit_video.modality.film import film
from regenkit_video.networks.portrait import Portrait

MOST = 150


def looped(vertices: np.ndarray, corners: np.ndarray, height: int, width: int) -> np.ndarray:
    """The nearest triangle of each pixel, one triangle after the other, each over its own box."""
    out, near = np.full((height, width), -1), np.full((height, width), np.inf)
    for number, (a, b, c) in enumerate(vertices[corners].astype(np.float64)):
        left, top = np.maximum(np.floor(np.minimum(np.minimum(a, b), c)[:2]).astype(int), 0)
        right, low = np.minimum(np.ceil(np.maximum(np.maximum(a, b), c)[:2]).astype(int), (width, height))
        area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
        if right <= left or low <= top or not area:
            continue
        x, y = np.meshgrid(np.arange(left, right) + 0.5 - a[0], np.arange(top, low) + 0.5 - a[1])
        second = (x * (c[1] - a[1]) - y * (c[0] - a[0])) / area
        third = (y * (b[0] - a[0]) - x * (b[1] - a[1])) / area
        depth = (1 - second - third) * a[2] + second * b[2] + third * c[2]
        box = np.s_[top:low, left:right]
        seen = (second >= 0) & (third >= 0) & (second + third <= 1) & (depth < near[box])
        out[box][seen], near[box][seen] = number, depth[seen]
    return out


def clip(path: Path) -> str:
    """A row of the table."""
    model = linear_face()
    frames = list(islice(film(path).frames(Fraction(RATE)), MOST))
    began = time.process_time()
    found = track(frames, networks())
    rate = len(frames) / (time.process_time() - began)
    if not found.seen.any():
        return f"| {path.stem} | {len(frames)} | 0 | | | | | {rate:.0f} |"
    points = filled(found.points)[found.seen]
    half = len(points) // 2
    known = fit(points[:half], found.size, model)
    whole = fit(points[half:], found.size, model, identity=known.identity)
    kept = {
        "fitted": whole.coefficients,
        "rest": np.zeros_like(whole.coefficients),
    }
    errors = {name: error(points[half:], posed(model.vertices(each) + known.identity, whole.pose, found.size))
              for name, each in kept.items()}  # fmt: skip
    mean = error(points[half:], posed(model.vertices(kept["rest"]), whole.pose, found.size))
    cells = [errors["fitted"].mean(), np.quantile(errors["fitted"], 0.95), errors["rest"].mean(), mean.mean()]
    shown = " | ".join(f"{value:.4f}" for value in cells)
    return f"| {path.stem} | {len(frames)} | {found.seen.sum()} | {shown} | {rate:.0f} |"


def drawing(side: int = 192) -> str:
    """Our rasteriser by a loop over triangles."""
    pose = np.zeros((8, 6))
    pose[:, 1] = np.linspace(-0.4, 0.4, 8)
    pose[:, 3:] = 0.5, -0.5, np.log(0.5)
    vertices = posed(linear_face().vertices(np.zeros((8, len(linear_face().names)))), pose, (side, side))
    corners = triangles()
    times: dict[str, list[float]] = {"ours": [], "loop": []}
    for _ in range(5):
        began = time.process_time()
        ours = rasterised(vertices, corners, side, side)
        times["ours"].append((time.process_time() - began) / 8)
        began = time.process_time()
        loops = np.stack([looped(each, corners, side, side) for each in vertices])
        times["loop"].append((time.process_time() - began) / 8)
    same = (ours.triangle == loops).mean()
    ours_, loop = (float(np.median(times[name])) * 1e3 for name in ("ours", "loop"))
    return (
        f"{side} × {side}: {ours_:.1f} ms a frame, a loop {loop:.1f} ms, ratio {loop / ours_:.1f}; {same:.2%} the same"
    )


def painting(size: int = 64, frames: int = 75) -> str:
    """The renderer of recipes/talking_head.yaml, untrained: its speed is that of a trained one."""
    y = Spec({"frames": Field(kind="continuous", shape=(None, size, size, 3), hop=Fraction(1))})
    condition, random = HeadCoefficients(y).spec, np.random.default_rng(0)
    network = Portrait(condition=condition, target=y, width=24)
    rep = {name: random.normal(0, 0.1, [1, *(each or frames for each in field.shape)]).astype(np.float32)
           for name, field in condition.items()}  # fmt: skip
    points = linear_face().mean * (0.25, -0.25, -0.25) + (0.5, 0.5, 0.0)  # in widths of a frame, downwards
    rep |= {"points": points[None].astype(np.float32), "mask": np.ones((1, frames), bool)}
    network.sample(rep, seed=0)
    began = time.process_time()
    network.sample(rep, seed=0)
    return f"\nrenderer: {frames / (time.process_time() - began):.0f} frames of {size} × {size} a second"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("clips", nargs="+", type=Path)
    paths = [each for path in parser.parse_args().clips
             for each in (sorted(path.iterdir()) if path.is_dir() else [path]) if each.suffix in READS]  # fmt: skip
    print("| clip | frames | with a face | error | 95 % of frames | at rest | mean face | frames a second |")
    print("| --- |" + " --- |" * 7)
    for path in paths:
        print(clip(path), flush=True)
    for side in (96, 192):
        print(drawing(side))
    print(painting())


if __name__ == "__main__":
    main()
