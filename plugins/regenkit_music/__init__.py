"""Melodies and their words: modalities, the music template, corpora and metrics. Nothing heavy is imported here."""

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
        reads=(".mid", ".midi", ".kar", ".musicxml", ".mxl", ".xml", ".abc", ".krn"),
        writes=(".mid", ".png", ".wav", ".musicxml"),
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
        summary="rhythm, cadence, key, metre, chords and more of a melody, as chosen (TeleMelody, arXiv 2109.09617)",
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
        licence="each piece its own; Essen folk songs: non-commercial use by permission, legal status unclear",
        size="20 MB within music21; 462 songs with words, 7,604 tunes (and 3,929 more)",
        x="lyrics",
        y="melody",
    )
    yield Dataset(
        name="music/folder",
        target="regenkit_music.data:Folder",
        summary="your own scores and MIDI files",
        extra=EXTRA,
        licence="yours",
        size="yours",
        x="lyrics",
        y="melody",
    )


_METRICS = (
    ("pitch_overlap", "higher", "overlap of the pitch distributions (PD of the literature)"),
    ("duration_overlap", "higher", "overlap of the duration distributions (DD)"),
    ("melody_distance", "lower", "semitones between the pitch curves after time warping (MD)"),
    ("tonality_adherence", "higher", "share of notes in the scale of the template's mode"),
    ("chord_adherence", "higher", "share of notes that belong to the template's chord"),
    ("rhythm_adherence", "higher", "share of notes that begin in the template's beat"),
    ("cadence_adherence", "higher", "share of notes with the template's cadence, kinds weighted alike"),
    ("stress_on_beat", "higher", "how often a stressed syllable has the stronger place in the bar; 0.5 is chance"),
    ("phrase_end_length", "closer", "how often a phrase's last syllable is held longer than another; 0.5 is chance"),
    ("ngram_novelty", "closer", "share of n-grams that no training melody has"),
    ("ngram_coverage", "higher", "share of the references' n-grams that the samples have"),
    ("two_sample", "lower", "how well a classifier tells samples from references; 0.5 is not at all"),
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
