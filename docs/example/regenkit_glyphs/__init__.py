"""Letters on a grid of squares. Nothing heavy is imported here."""

from collections.abc import Iterator

from regenkit import Converter, Dataset, Metric, Modality, hookimpl


@hookimpl
def register_modalities() -> Iterator[Modality]:
    yield Modality(
        name="glyph",
        target="regenkit_glyphs.glyph:Glyph",
        summary="12 × 12 squares, black or white",
        reads=(".txt",),
        writes=(".txt", ".png"),
    )


@hookimpl
def register_datasets() -> Iterator[Dataset]:
    yield Dataset(
        name="glyphs/fonts",
        target="regenkit_glyphs.fonts:Fonts",
        summary="the letters of the fonts that matplotlib ships",
        x="label",
        y="glyph",
        licence="Bitstream Vera (DejaVu), OFL (STIX), AMS (Computer Modern)",
        size="1,092 glyphs of 52 letters, within matplotlib",
    )


@hookimpl
def register_converters() -> Iterator[Converter]:
    yield Converter(
        name="glyphs/rows",
        target="regenkit_glyphs.rows:Rows",
        summary="how many squares of each row are black",
        modality="glyph",
    )


@hookimpl
def register_metrics() -> Iterator[Metric]:
    yield Metric(
        name="glyphs/same_squares",
        target="regenkit_glyphs.metrics:same_squares",
        summary="share of squares that are as in the reference",
        modality="glyph",
    )
