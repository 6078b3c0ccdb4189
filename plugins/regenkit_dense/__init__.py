"""Dense prediction: a class, a depth or a normal for each pixel of a picture. Nothing heavy is imported here."""

from collections.abc import Iterator

from regenkit import Dataset, Generator, Metric, Modality, Renderer, hookimpl
from regenkit.components import ANY
from regenkit_dense import formats, packages

EXTRA = "dense"


@hookimpl
def register_modalities() -> Iterator[Modality]:
    kinds = {
        "segmentation": ("segmentation", "a class for each pixel", formats.CLASSES),
        "depth": ("depth", "the depth of each pixel", formats.NUMBERS),
        "disparity": ("disparity", "the disparity of each pixel", formats.NUMBERS),
        "normals": ("normals", "the normal of the surface at each pixel", (".png", ".npy")),
        "maps": ("Dense", "one or several of these maps", formats.SEVERAL),
    }
    for name, (target, summary, suffixes) in kinds.items():
        yield Modality(
            name=name, target=f"regenkit_dense.modality:{target}", summary=summary, extra=EXTRA, reads=suffixes,
            writes=suffixes,
        )  # fmt: skip


@hookimpl
def register_datasets() -> Iterator[Dataset]:
    yield Dataset(
        name="dense/land",
        target="regenkit_dense.data.land:Land",
        summary="satellite tiles, sea and land",
        extra=EXTRA,
        licence="imagery by NASA, mask MIT",
        size="32 MB; 470 tiles of 64 × 64, RGB, 2 classes",
        x="image",
        y="segmentation",
        sources=(packages.BLUE_MARBLE, packages.LAND_MASK),
    )
    yield Dataset(
        name="dense/brain",
        target="regenkit_dense.data.brain:Brain",
        summary="slices of a brain by the regions of an atlas",
        extra=EXTRA,
        licence="BSD-3-Clause (MRIcron)",
        size="16 MB; 112 slices, grey, 9 or 117 classes",
        x="image",
        y="segmentation",
        sources=(packages.BRAIN,),
    )
    yield Dataset(
        name="dense/stereo",
        target="regenkit_dense.data.stereo:Stereo",
        summary="crops of one scene with depth, disparity and normals",
        extra=EXTRA,
        licence="BSD-3-Clause; scene of Middlebury 2014",
        size="14 MB; 970 crops of 64 × 64, RGB",
        x="image",
        y="maps",
        sources=(packages.STEREO,),
    )
    yield Dataset(
        name="dense/folder",
        target="regenkit_dense.data.folder:Folder",
        summary="your own pictures and maps, folders of equal names",
        extra=EXTRA,
        licence="yours",
        size="yours",
        x="image",
        y="maps",
    )


@hookimpl
def register_generators() -> Iterator[Generator]:
    networks = {
        "unet": "maps of a picture by a U-Net",
        "fpn": "maps of a picture by a feature pyramid on EfficientNet-lite0",
        "vit": "maps of a picture by a small vision transformer",
    }
    for name, summary in networks.items():
        yield Generator(
            name=f"dense/{name}", target=f"regenkit_dense.networks.{name}:{name}", summary=summary, extra=EXTRA,
            deterministic=True,
        )  # fmt: skip


@hookimpl
def register_renderers() -> Iterator[Renderer]:
    yield Renderer(
        name="dense/regeneration", target="regenkit_dense.regeneration.stage:Regeneration", extra=EXTRA,
        deterministic=True,
        summary="as auxiliary: a picture from what a redaction left of it and from predicted maps (DejaVu)",
    )  # fmt: skip


_METRICS = {
    "miou": ("higher", "intersection over union, the mean of the classes over all pixels"),
    "picture_iou": ("higher", "the same of each picture"),
    "pixel_accuracy": ("higher", "share of pixels whose class is right"),
    "dice": ("higher", "twice the intersection over the sum of sizes, the mean of a picture's classes"),
    "boundary_f": ("higher", "F-score of the boundaries between classes"),
    "hausdorff_95": ("lower", "pixels within which 95 % of the boundaries are from each other"),
    "abs_rel": ("lower", "mean relative error of depth or disparity"),
    "rmse": ("lower", "root mean squared error of depth or disparity"),
    "delta": ("higher", "share of pixels whose depth or disparity is right within a factor of 1.25"),
    "angular_error": ("lower", "mean angle between normals, degrees"),
    "median_angular_error": ("lower", "median angle between normals, degrees"),
}


@hookimpl
def register_metrics() -> Iterator[Metric]:
    for name, (better, summary) in _METRICS.items():  # of any modality that has such a map: see `metrics.maps`
        yield Metric(
            name=f"dense/{name}", target=f"regenkit_dense.metrics:{name}", summary=summary, extra=EXTRA, modality=ANY,
            better=better,
        )  # fmt: skip
