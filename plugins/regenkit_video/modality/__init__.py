"""Videos, faces and voices: files ↔ values ↔ fields."""

from regenkit_video.modality.clip import Clip, Sound
from regenkit_video.modality.video import Video

__all__ = ["Clip", "Sound", "Video"]
