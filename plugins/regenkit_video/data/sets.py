"""The moving sets by their names."""

from typing import ClassVar, final

from regenkit_video.data.moving import Condition, Kind, Moving


@final
class MovingDigits(Moving):
    """Digits by their value."""

    kind: ClassVar[Kind] = "digits"
    condition: ClassVar[Condition] = "label"


@final
class MovingGarments(Moving):
    """Garments by their kind."""

    kind: ClassVar[Kind] = "garments"
    condition: ClassVar[Condition] = "label"


@final
class CaptionedDigits(Moving):
    """Digits by words: "7 moving up and left"."""

    kind: ClassVar[Kind] = "digits"
    condition: ClassVar[Condition] = "caption"


@final
class CaptionedGarments(Moving):
    """Garments by words: "Sneaker moving left"."""

    kind: ClassVar[Kind] = "garments"
    condition: ClassVar[Condition] = "caption"
