"""Pictures, and what they are made from: classes and captions."""

from regenkit_image.modality.caption import Caption
from regenkit_image.modality.image import Image
from regenkit_image.modality.label import Label
from regenkit_image.modality.picture import Picture
from regenkit_image.modality.sheet import sheet

__all__ = ["Caption", "Image", "Label", "Picture", "sheet"]
