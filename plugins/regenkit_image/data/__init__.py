"""Datasets: out of packages, and of the user's own."""

from regenkit_image.data.captions import Captions
from regenkit_image.data.clipart import Openclipart
from regenkit_image.data.digits import Mnist
from regenkit_image.data.emoji import Emoji
from regenkit_image.data.fashion import FashionMnist
from regenkit_image.data.folder import Folder

__all__ = ["Captions", "Emoji", "FashionMnist", "Folder", "Mnist", "Openclipart"]
