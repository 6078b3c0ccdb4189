"""Videos, and faces in them. Nothing heavy is imported here.

Faces are not a plugin of their own: they are read from videos, and plugins do not import one another, so that a second
one would decode videos a second time.
"""

from collections.abc import Iterator

from regenkit import Converter, Dataset, Generator, Metric, Modality, hookimpl
from regenkit_video import formats, packages

EXTRA = "video"


@hookimpl
def register_modalities() -> Iterator[Modality]:
    yield Modality(
        name="video",
        target="regenkit_video.modality:Video",
        summary="clips of one length and size, grey or coloured",
        extra=EXTRA,
        reads=formats.READS,
        writes=formats.WRITES,
    )


@hookimpl
def register_converters() -> Iterator[Converter]:
    learned = {
        "vqvae": "codes over space and time by a VQ-VAE",
        "fsq": "codes over space and time by finite scalar quantisation",
    }
    for name, summary in learned.items():
        yield Converter(
            name=f"video/{name}",
            target=f"regenkit_video.converter.{name}:{name}",
            summary=summary,
            modality="video",
            learned=True,
            extra=EXTRA,
        )


@hookimpl
def register_generators() -> Iterator[Generator]:
    yield Generator(
        name="video/diffusion",
        target="regenkit_video.networks.diffusion:FramesAsChannels",
        summary="clips by diffusion, frames as channels",
        extra=EXTRA,
    )


@hookimpl
def register_datasets() -> Iterator[Dataset]:
    sets = {
        "moving_digits": ("MovingDigits", "label", "digits that move, by their value"),
        "moving_garments": ("MovingGarments", "label", "garments that move, by their kind"),
        "captioned_digits": ("CaptionedDigits", "caption", "digits that move, by words"),
        "captioned_garments": ("CaptionedGarments", "caption", "garments that move, by words"),
    }
    for name, (target, x, summary) in sets.items():
        digits = name.endswith("digits")
        source, images = (packages.DIGITS, "10,000") if digits else (packages.GARMENTS, "70,000")
        yield Dataset(
            name=f"video/{name}",
            target=f"regenkit_video.data:{target}",
            summary=f"{summary} (made from real images)",
            extra=EXTRA,
            licence="MIT",
            size=f"{source.size / 1e6:.0f} MB; {images} images, as many clips as wanted, grey",
            x=x,
            y="video",
            sources=(source,),
        )
    yield Dataset(
        name="video/folder",
        target="regenkit_video.data:Folder",
        summary="your own videos, a folder a class",
        extra=EXTRA,
        licence="yours",
        size="yours",
        x="label",
        y="video",
    )
    yield Dataset(
        name="video/captions",
        target="regenkit_video.data:Captions",
        summary="your own videos, captions in .txt beside",
        extra=EXTRA,
        licence="yours",
        size="yours",
        x="caption",
        y="video",
    )


_METRICS = {
    "psnr": ("higher", "decibels between a clip and its own reference, a frame"),
    "ssim": ("higher", "structural similarity of frames to the own reference's"),
    "flicker": ("closer", "how much frames change beyond going on as they did"),
    "class_accuracy": ("higher", "share of frames that are taken for the class asked for"),
    "frechet_distance": ("lower", "Fréchet distance of clips, on a classifier of the training pairs"),
    "motion": ("higher", "share of steps in which a bright thing on black keeps its speed"),
    "direction": ("higher", "whether it begins in the direction that the caption names"),
}


@hookimpl
def register_metrics() -> Iterator[Metric]:
    for name, (better, summary) in _METRICS.items():
        yield Metric(
            name=f"video/{name}",
            target=f"regenkit_video.metrics:{name}",
            summary=summary,
            extra=EXTRA,
            modality="video",
            better=better,
        )
