"""Melodies and their words: modalities, the music template, corpora and scores. Nothing heavy is imported here."""

from collections.abc import Iterator

from regenkit import Converter, Dataset, Metric, Modality, hookimpl

EXTRA = "music"


@hookimpl
def register_modalities() -> Iterator[Modality]:
    yield Modality(
        name="melody",
        target="regenkit_music.modality:MelodyModality",
        summary="one voice on a grid of sixteenths, one note a syllable",
        extra=EXTRA,
        reads=(".mid", ".midi", ".musicxml", ".mxl", ".xml", ".abc", ".krn"),
        writes=(".mid", ".musicxml", ".wav"),
    )
    yield Modality(
        name="lyrics",
        target="regenkit_music.modality:LyricsModality",
        summary="words in syllables, with stress, word and line ends",
        extra=EXTRA,
        reads=(".txt",),
        writes=(".txt",),
    )


@hookimpl
def register_converters() -> Iterator[Converter]:
    yield Converter(
        name="music/template",
        target="regenkit_music.converter:Template",
        summary="tonality, chords, rhythm and cadence of a melody (TeleMelody, arXiv 2109.09617)",
        extra=EXTRA,
        modality="melody",
    )


@hookimpl
def register_datasets() -> Iterator[Dataset]:
    yield Dataset(
        name="music/corpus",
        target="regenkit_music.data:Corpus",
        summary="songs with words and folk tunes without, from music21's own corpus",
        extra=EXTRA,
        x="lyrics",
        y="melody",
    )
    yield Dataset(
        name="music/folder",
        target="regenkit_music.data:Folder",
        summary="your own scores and MIDI files",
        extra=EXTRA,
        x="lyrics",
        y="melody",
    )


_METRICS = (
    ("pitch_overlap", "higher", "overlap of the pitch distributions"),
    ("duration_overlap", "higher", "overlap of the duration distributions"),
    ("melody_distance", "lower", "distance of the pitch curves after time warping"),
    ("tonality_adherence", "higher", "share of notes that obey the key asked for"),
    ("chord_adherence", "higher", "share of notes that obey the chords asked for"),
    ("rhythm_adherence", "higher", "share of notes that obey the rhythm asked for"),
    ("cadence_adherence", "higher", "share of notes that obey the cadences asked for"),
    ("stress_on_beat", "higher", "share of stressed syllables that fall on a beat"),
    ("phrase_end_length", "closer", "length of the notes at line ends against the others"),
    ("ngram_novelty", "closer", "share of n-grams that no training melody has"),
    ("ngram_coverage", "higher", "share of the references' n-grams that samples have"),
    ("two_sample", "closer", "how well a classifier tells samples from references"),
)


@hookimpl
def register_metrics() -> Iterator[Metric]:
    for name, better, summary in _METRICS:
        yield Metric(
            name=f"music/{name}",
            target=f"regenkit_music.metrics:{name}",
            summary=summary,
            extra=EXTRA,
            modality="melody",
            better=better,
        )
