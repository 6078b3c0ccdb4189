"""Datasets: moving images, and the user's own videos."""

from regenkit_video.data.faces import FaceFolder, Grid, GridHeads, HeadFolder
from regenkit_video.data.folder import Captions, Folder
from regenkit_video.data.sets import CaptionedDigits, CaptionedGarments, MovingDigits, MovingGarments

__all__ = [
    "CaptionedDigits",
    "CaptionedGarments",
    "Captions",
    "FaceFolder",
    "Folder",
    "Grid",
    "GridHeads",
    "HeadFolder",
    "MovingDigits",
    "MovingGarments",
]
