"""Videos, and faces in them. Nothing heavy is imported here.

Faces are not a plugin of their own: they are read from videos, and plugins do not import one another, so that a second
one would decode videos a second time.
"""

from collections.abc import Iterator

from regenkit import Converter, Dataset, Generator, Metric, Modality, Renderer, hookimpl
from regenkit_video import formats, packages, scores

EXTRA = "video"
FACE = (packages.LANDMARKS, packages.EXPRESSIONS)


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
    yield Modality(
        name="face",
        target="regenkit_video.modality.face:FaceModality",
        summary="a face of 468 points in space and its pose, 25 times a second",
        extra=EXTRA,
        reads=formats.READS,
        writes=formats.WRITES,
        sources=FACE,
    )
    yield Modality(
        name="head",
        target="regenkit_video.modality.head:Head",
        summary="a head as frames of one size, 25 times a second",
        extra=EXTRA,
        reads=formats.READS,
        writes=formats.WRITES,
        sources=FACE,
    )
    yield Modality(
        name="speaker",
        target="regenkit_video.modality.speaker:Speaker",
        summary="a voice, and a portrait of who speaks",
        extra=EXTRA,
        reads=(*formats.SOUNDS, *formats.READS),
        writes=(".wav", ".png"),
        sources=FACE,
    )
    yield Modality(
        name="footage",
        target="regenkit_video.modality.footage:Footage",
        summary="small grey frames, eight a second: what moves can be seen",
        extra=EXTRA,
        reads=formats.READS,
        writes=formats.WRITES,
    )
    yield Modality(
        name="voice",
        target="regenkit_video.modality.voice:Voice",
        summary="what is heard at each frame of a face",
        extra=EXTRA,
        reads=(*formats.SOUNDS, *formats.READS),
        writes=(".wav",),
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

    yield Converter(
        name="video/motion",
        target="regenkit_video.converter.motion:Motion",
        summary="differences and shifts of footage from frame to frame, as X′",
        modality="footage",
        extra=EXTRA,
    )
    yield Converter(
        name="face/coefficients",
        target="regenkit_video.converter.coefficients:Coefficients",
        summary="expressions as named coefficients of a linear model, and the pose",
        modality="face",
        extra=EXTRA,
        sources=(packages.EXPRESSIONS,),
    )
    yield Converter(
        name="head/coefficients",
        target="regenkit_video.converter.head:HeadCoefficients",
        summary="a portrait, and named coefficients and a pose that move it",
        modality="head",
        extra=EXTRA,
        sources=FACE,
    )


@hookimpl
def register_renderers() -> Iterator[Renderer]:
    yield Renderer(
        name="face/mesh",
        target="regenkit_video.networks.mesh:LinearMesh",
        summary="the mesh of coefficients, by the linear model alone",
        extra=EXTRA,
        deterministic=True,
        trained=False,
        sources=(packages.EXPRESSIONS,),
    )
    yield Renderer(
        name="head/portrait",
        target="regenkit_video.networks.portrait:Portrait",
        summary="frames of a portrait that a mesh or a voice moves, by a U-Net",
        extra=EXTRA,
        deterministic=True,
        sources=FACE,
    )


@hookimpl
def register_generators() -> Iterator[Generator]:
    yield Generator(
        name="video/diffusion",
        target="regenkit_video.networks.diffusion:FramesAsChannels",
        summary="clips by diffusion, frames as channels",
        extra=EXTRA,
    )
    yield Generator(
        name="head/speaking",
        target="regenkit_video.networks.speaking:Speaking",
        summary="what moves a portrait, by a voice; the portrait is passed on",
        extra=EXTRA,
    )
    yield Generator(
        name="head/portrait",
        target="regenkit_video.networks.portrait:Portrait",
        summary="frames of a portrait that a voice moves, by a U-Net: the direct route",
        extra=EXTRA,
        deterministic=True,
        sources=FACE,
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
    yield Dataset(
        name="video/dancing",
        target="regenkit_video.data.melodies:Dancing",
        summary="folk tunes, each with a video drawn from it: a ball that jumps to its notes",
        extra=EXTRA,
        licence="as music/corpus",
        size="within the package of music/corpus; 7,604 tunes",
        x="footage",
        y="melody",
    )
    yield Dataset(
        name="video/melodies",
        target="regenkit_video.data.melodies:Scored",
        summary="your own videos, melodies in .mid and others beside",
        extra=EXTRA,
        licence="yours",
        size="yours",
        x="footage",
        y="melody",
    )
    yield Dataset(
        name="face/grid",
        target="regenkit_video.data:Grid",
        summary="GRID: people who say a sentence of six words",
        extra=EXTRA,
        licence="CC-BY-4.0 (clips); Apache-2.0 and MIT (networks)",
        size="yours: path, or $REGENKIT_GRID; 46 MB of networks are fetched",
        x="voice",
        y="face",
        sources=FACE,
    )
    yield Dataset(
        name="face/folder",
        target="regenkit_video.data:FaceFolder",
        summary="your own clips of faces, found and followed",
        extra=EXTRA,
        licence="yours; Apache-2.0 and MIT (networks)",
        size="yours; 46 MB of networks are fetched",
        x="voice",
        y="face",
        sources=FACE,
    )

    for name, target, summary, size in (
        ("grid", "GridHeads", "GRID: people who say a sentence, as frames", "yours: path, or $REGENKIT_GRID"),
        ("folder", "HeadFolder", "your own clips of heads, as frames", "yours"),
    ):
        yield Dataset(
            name=f"head/{name}",
            target=f"regenkit_video.data:{target}",
            summary=summary,
            extra=EXTRA,
            licence=("CC-BY-4.0 (clips)" if name == "grid" else "yours") + "; Apache-2.0 and MIT (networks)",
            size=f"{size}; 46 MB of networks are fetched",
            x="speaker",
            y="head",
            sources=FACE,
        )


@hookimpl
def register_metrics() -> Iterator[Metric]:
    for modality, module, found, sources in (
        ("video", "metrics", scores.VIDEO, ()),
        ("face", "metrics.faces", scores.FACE, ()),
        ("head", "metrics.heads", scores.HEAD, FACE),
    ):
        for name, (better, summary) in found.items():
            yield Metric(
                name=f"{modality}/{name}",
                target=f"regenkit_video.{module}:{name}",
                summary=summary,
                extra=EXTRA,
                modality=modality,
                better=better,
                sources=sources,
            )
