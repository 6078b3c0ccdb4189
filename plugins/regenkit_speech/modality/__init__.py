"""Kinds of data: recordings, and what is said in them."""

from regenkit_speech.modality.audio import Audio
from regenkit_speech.modality.recording import Recording
from regenkit_speech.modality.transcript import Transcript

__all__ = ["Audio", "Recording", "Transcript"]
