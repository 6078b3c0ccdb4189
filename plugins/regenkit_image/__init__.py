"""Pictures, and what they are made from: classes and captions. Nothing heavy is imported here."""

from collections.abc import Iterator

from regenkit import Converter, Dataset, Metric, Modality, hookimpl
from regenkit_image import formats, packages

EXTRA = "image"


@hookimpl
def register_modalities() -> Iterator[Modality]:
    yield Modality(
        name="image",
        target="regenkit_image.modality:Image",
        summary="pictures of one size, grey or coloured",
        extra=EXTRA,
        reads=formats.READS,
        writes=formats.WRITES,
    )
    yield Modality(
        name="label",
        target="regenkit_image.modality:Label",
        summary="one of some classes",
        extra=EXTRA,
        reads=(".txt",),
        writes=(".txt",),
    )
    yield Modality(
        name="caption",
        target="regenkit_image.modality:Caption",
        summary="a few words, as bytes",
        extra=EXTRA,
        reads=(".txt",),
        writes=(".txt",),
    )


@hookimpl
def register_converters() -> Iterator[Converter]:
    rules = {
        "downsample": ("Downsample", "a coarser picture: the mean of every few pixels"),
        "fourier": ("Fourier", "the lowest frequencies of the Fourier transform, magnitude and phase"),
        "pyramid": ("Pyramid", "the picture at several sizes, for a ladder"),
        "wavelet": ("Wavelet", "what is coarse of a wavelet transform"),
    }
    for name, (target, summary) in rules.items():
        yield Converter(
            name=f"image/{name}",
            target=f"regenkit_image.converter:{target}",
            summary=summary,
            modality="image",
            extra=EXTRA,
        )
    yield Converter(
        name="image/efficientnet",
        target="regenkit_image.converter.efficientnet:EfficientNet",  # which imports TensorFlow, as the others do not
        summary="what a classifier of ImageNet sees at each place",
        modality="image",
        extra=EXTRA,
        sources=(packages.EFFICIENTNET,),
    )
    learned = {
        "autoencoder": ("autoencoder", "vectors by an autoencoder, denoising if asked for"),
        "vae": ("vae", "vectors by a variational autoencoder"),
        "vlae": ("Vlae", "one vector by a variational lossy autoencoder, whose decoder sees a window of pixels"),
        "vqvae": ("vqvae", "codes by a VQ-VAE"),
        "fsq": ("fsq", "codes by finite scalar quantisation"),
        "rvq": ("rvq", "several codes a place, each of what the last left over"),
        "vqvae2": ("vqvae2", "codes of two levels, coarse and fine"),
        "vqgan": ("vqgan", "codes by a VQ-VAE that is trained against an adversary"),
        "diffusion_autoencoder": ("DiffusionAutoencoder", "one vector, and a decoder by diffusion that draws the rest"),
    }
    for name, (target, summary) in learned.items():
        yield Converter(
            name=f"image/{name}",
            target=f"regenkit_image.converter.{name}:{target}",
            summary=summary,
            modality="image",
            learned=True,
            extra=EXTRA,
        )


@hookimpl
def register_datasets() -> Iterator[Dataset]:
    yield Dataset(
        name="image/fashion_mnist",
        target="regenkit_image.data:FashionMnist",
        summary="garments by kind (arXiv 1708.07747), with their own test set",
        extra=EXTRA,
        licence="MIT",
        size="31 MB; 60,000 + 10,000 of 28 × 28, grey, 10 classes",
        x="label",
        y="image",
        sources=(packages.FASHION_MNIST,),
    )
    yield Dataset(
        name="image/mnist",
        target="regenkit_image.data:Mnist",
        summary="handwritten digits by value, a part of MNIST",
        extra=EXTRA,
        licence="MIT (the package); MNIST itself names none",
        size="5 MB; 10,000 of 28 × 28, grey, 10 classes",
        x="label",
        y="image",
        sources=(packages.MNIST,),
    )
    yield Dataset(
        name="image/emoji",
        target="regenkit_image.data:Emoji",
        summary="Noto emoji by their names",
        extra=EXTRA,
        licence="pictures Apache-2.0, names MIT",
        size="81 MB; 1,911 + 1,875 variants of 64 × 64, RGB",
        x="caption",
        y="image",
        sources=(packages.EMOJI, packages.EMOJI_LABELS),
    )
    yield Dataset(
        name="image/openclipart",
        target="regenkit_image.data:Openclipart",
        summary="drawings by their titles",
        extra=EXTRA,
        licence="public domain",
        size="131 MB; 1,247 drawings (all: 6,900), RGB",
        x="caption",
        y="image",
        sources=(packages.OPENCLIPART,),
    )
    yield Dataset(
        name="image/folder",
        target="regenkit_image.data:Folder",
        summary="your own pictures, a folder a class",
        extra=EXTRA,
        licence="yours",
        size="yours",
        x="label",
        y="image",
    )
    yield Dataset(
        name="image/captions",
        target="regenkit_image.data:Captions",
        summary="your own pictures, captions in .txt beside or in a table (.csv, .tsv, .jsonl)",
        extra=EXTRA,
        licence="yours",
        size="yours",
        x="caption",
        y="image",
    )


_METRICS = {
    "frechet_distance": ("lower", True, "Fréchet distance, EfficientNet-lite0's stage 5"),
    "frechet_distance_classifier": ("lower", False, "Fréchet distance, a classifier of the training pairs"),
    "precision": ("higher", True, "share of samples among the references (k-NN)"),
    "recall": ("higher", True, "share of references among the samples (k-NN)"),
    "class_accuracy": ("higher", False, "share of samples that are taken for the class asked for"),
    "retrieval_at_1": ("higher", True, "how often a sample is nearest to its own reference, of a hundred"),
    "retrieval_at_5": ("higher", True, "the same, among the nearest five"),
    "psnr": ("higher", False, "decibels between a sample and its own reference"),
    "ssim": ("higher", False, "structural similarity of a sample to its own reference"),
    "perceptual_distance": ("lower", True, "distance of EfficientNet-lite0's features to the own reference's"),
}


@hookimpl
def register_metrics() -> Iterator[Metric]:
    for name, (better, network, summary) in _METRICS.items():
        yield Metric(
            name=f"image/{name}",
            target=f"regenkit_image.metrics:{name}",
            summary=summary,
            extra=EXTRA,
            modality="image",
            better=better,
            sources=(packages.EFFICIENTNET,) if network else (),
        )
