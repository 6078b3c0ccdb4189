"""The kinds of data: text, and knowledge."""

from regenkit_text.modality.knowledge import Knowledge
from regenkit_text.modality.text import Text

__all__ = ["Knowledge", "Text"]
