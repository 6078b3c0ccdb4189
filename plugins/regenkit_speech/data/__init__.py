"""Datasets of speech and of sounds."""

from regenkit_speech.data.drumkits import Drumkits
from regenkit_speech.data.fillets import Fillets, FilletsToText
from regenkit_speech.data.folder import Folder, FolderToText
from regenkit_speech.data.languages import Languages, LanguagesToText
from regenkit_speech.data.prompts import Prompts, PromptsToText
from regenkit_speech.data.sounds import Sounds

__all__ = [
    "Drumkits", "Fillets", "FilletsToText", "Folder", "FolderToText", "Languages", "LanguagesToText", "Prompts",
    "PromptsToText", "Sounds",
]  # fmt: skip
