"""Which kind of widget shows the files of a modality, by their suffixes."""

from collections.abc import Sequence
from typing import Literal

View = Literal["image", "audio", "video", "text", "file"]
_KINDS: dict[View, tuple[str, ...]] = {
    "image": (".png", ".jpg", ".jpeg", ".webp", ".svg"),
    "audio": (".wav", ".flac", ".ogg", ".mp3"),
    "video": (".mp4", ".webm", ".gif"),
    "text": (".txt", ".json", ".csv", ".tsv", ".srt"),
}


def view(suffix: str) -> View:
    return next((kind for kind, suffixes in _KINDS.items() if suffix.lower() in suffixes), "file")


def shown(writes: Sequence[str]) -> dict[View, str]:
    """Of the suffixes that a modality writes, the one to show in each kind of widget: the first of its kind."""
    found: dict[View, str] = {}
    for suffix in writes:
        found.setdefault(view(suffix), suffix)
    return found
