"""Speech and sound, and the text that is spoken. Nothing heavy is imported here."""

from collections.abc import Iterator

from regenkit import Command, Converter, Dataset, Generator, Metric, Modality, Renderer, hookimpl
from regenkit.components import ANY
from regenkit_speech import formats, packages

EXTRA = "speech"


@hookimpl
def register_modalities() -> Iterator[Modality]:
    for name, summary in (("speech", "recordings of voices"), ("sound", "recordings of any other sound")):
        yield Modality(
            name=name,
            target="regenkit_speech.modality:Audio",
            summary=summary,
            extra=EXTRA,
            reads=formats.READS,
            writes=formats.WRITES,
        )
    yield Modality(
        name="transcript",
        target="regenkit_speech.modality:Transcript",
        summary="what is said, as characters or phones",
        extra=EXTRA,
        reads=(".txt",),
        writes=(".txt",),
    )


@hookimpl
def register_converters() -> Iterator[Converter]:
    rules = {
        "mel": ("spectral:Mel", "the logarithm of mel bands"),
        "stft": ("spectral:Magnitude", "the magnitude of the spectrum, without its phase"),
        "mfcc": ("spectral:Mfcc", "mel-frequency cepstral coefficients"),
        "prosody": ("prosody:Prosody", "mel bands, pitch and energy"),
        "downsample": ("coarse:Downsample", "the waveform at a lower rate"),
        "wavelet": ("coarse:Wavelet", "what is coarse of a wavelet transform"),
    }
    for name, (target, summary) in rules.items():
        yield Converter(
            name=f"speech/{name}",
            target=f"regenkit_speech.converter.{target}",
            summary=summary,
            modality=ANY,
            extra=EXTRA,
        )
    yield Converter(
        name="speech/codec",
        target="regenkit_speech.converter.codec:Codec",
        summary="several codes for each step of a few hundredths of a second, each of what the last left over",
        modality=ANY,
        learned=True,
        extra=EXTRA,
    )
    yield Converter(
        name="speech/vae",
        target="regenkit_speech.converter.vae:WaveVae",
        summary="vectors of a variational autoencoder, which a joint training holds near what text predicts (VITS)",
        modality=ANY,
        learned=True,
        extra=EXTRA,
    )
    yield Converter(
        name="speech/bestrq",
        target="regenkit_speech.converter.bestrq:BestRq",
        summary="vectors learned from speech alone, by what hidden stretches were (BEST-RQ); as an X′",
        modality=ANY,
        learned=True,
        extra=EXTRA,
    )


@hookimpl
def register_generators() -> Iterator[Generator]:
    for name, summary in (
        ("fastspeech", "text to spectra by regression, durations by alignment search"),
        ("flow", "text to spectra by flow matching, durations by alignment search"),
    ):
        yield Generator(
            name=f"speech/{name}",
            target=f"regenkit_speech.models.acoustic:{name}",
            summary=summary,
            extra=EXTRA,
            deterministic=name == "fastspeech",
        )
    yield Generator(
        name="speech/glow",
        target="regenkit_speech.models.glow:Glow",
        summary="text to vectors by a normalising flow, durations by alignment search (Glow-TTS, VITS)",
        extra=EXTRA,
    )
    yield Generator(
        name="speech/ctc",
        target="regenkit_speech.models.ctc:Ctc",
        summary="speech to a string (phonemes, characters) by CTC over a conformer, with prefix beam search",
        extra=EXTRA,
        deterministic=True,
    )
    yield Generator(
        name="speech/text2wave",
        target="regenkit_speech.models.text2wave:TextToWave",
        summary="text to a waveform at once, as the direct route",
        extra=EXTRA,
        deterministic=True,
    )
    yield Generator(
        name="speech/label2wave",
        target="regenkit_speech.models.label2wave:LabelToWave",
        summary="a class to a waveform at once, as the direct route",
        extra=EXTRA,
    )


@hookimpl
def register_commands() -> Iterator[Command]:
    yield Command(
        name="align",
        target="regenkit_speech.commands:align",
        summary="Find where in a recording the phonemes of a known text are heard.",
        extra=EXTRA,
    )
    yield Command(
        name="speak",
        target="regenkit_speech.commands:speak",
        summary="Speak the lines of a file by espeak-ng, as a second speaker for a voice of few minutes.",
        extra=EXTRA,
    )


@hookimpl
def register_renderers() -> Iterator[Renderer]:
    for name, target, summary in (
        ("griffin_lim", "phase:GriffinLim", "a waveform of spectra by a rule: fast Griffin-Lim"),
        ("vocos", "vocos:Vocos", "a vocoder by inverse Fourier transforms"),
        ("hifigan", "hifigan:HifiGan", "a vocoder by transposed convolutions"),
        ("flow_vocoder", "flow_vocoder:FlowVocoder", "a vocoder by flow matching, a vector of samples an entry"),
    ):
        yield Renderer(
            name=f"speech/{name}",
            target=f"regenkit_speech.models.{target}",
            summary=summary,
            extra=EXTRA,
            deterministic=name in ("vocos", "hifigan"),
            trained=name != "griffin_lim",
        )


_METRICS = {
    "mel_cepstral_distortion": ("lower", False, "decibels between cepstra of a sample and of its recording, warped"),
    "f0_rmse": ("lower", False, "cents between the pitch of a sample and of its recording, warped"),
    "voicing_error": (
        "lower",
        False,
        "share of entries of which the sample or the recording alone has a voice",
    ),
    "stft_distance": ("lower", False, "distance of spectra at three resolutions, where lengths agree"),
    "duration_ratio": ("closer", False, "how long a sample is beside its recording"),
    "frechet_distance": ("lower", True, "distance of all samples to all recordings, on features of Whisper tiny"),
}
"""By name: which side is better, whether it wants Whisper, what it is."""
_METRICS_OF_ONE = {
    "speech": {
        "word_error_rate": ("lower", True, "word errors a word that is to be said, as a judge (Whisper tiny) hears it"),
        "character_error_rate": ("lower", True, "the same of characters"),
        "speaker_similarity": (
            "higher",
            False,
            "cosine of a sample's voice and its recording's, where there are several speakers",
        ),
    },
    "sound": {
        "class_accuracy": ("higher", False, "share that a classifier of the training sounds takes for the class of X"),
    },
}


@hookimpl
def register_metrics() -> Iterator[Metric]:
    for modality, own in _METRICS_OF_ONE.items():
        for name, (better, judge, summary) in {**own, **_METRICS}.items():
            yield Metric(
                name=f"{modality}/{name}",
                target=f"regenkit_speech.metrics:{name}",
                summary=summary,
                extra="judge" if judge else EXTRA,
                modality=modality,
                better=better,
                sources=(packages.WHISPER,) if judge else (),
            )


_CORPORA = {
    "prompts": ("Prompts", "English prompts of a telephone exchange, one voice", "CC-BY-SA-3.0",
                "11 MB; 527 clips, 18 minutes", (packages.PROMPTS, packages.PROMPT_TEXTS)),
    "fillets": ("Fillets", "dialogue of a game in Czech or Dutch, two main voices each", "GPL-2",
                "142 MB; cs 1,673 clips, 94 minutes; nl 1,526 clips, 91 minutes",
                (packages.FILLETS_TEXTS, packages.FILLETS_CS, packages.FILLETS_NL)),
    "languages": ("Languages", "the two above as one, in English, Czech and Dutch", "CC-BY-SA-3.0 and GPL-2",
                  "153 MB; 3,726 clips, 203 minutes",
                  (packages.PROMPTS, packages.PROMPT_TEXTS, packages.FILLETS_TEXTS, packages.FILLETS_CS,
                   packages.FILLETS_NL)),
    "folder": ("Folder", "your own recordings and transcripts (LJSpeech, Common Voice, Kaldi, or .txt beside)",
               "yours", "yours", ()),
}  # fmt: skip


@hookimpl
def register_datasets() -> Iterator[Dataset]:
    for name, (target, summary, licence, size, sources) in _CORPORA.items():
        yield Dataset(
            name=f"speech/{name}",
            target=f"regenkit_speech.data:{target}",
            summary=summary,
            extra=EXTRA,
            licence=licence,
            size=size,
            x="text" if name == "languages" else "transcript",
            y="speech",
            sources=sources,
        )
        yield Dataset(
            name=f"speech/{name}_to_text",
            target=f"regenkit_speech.data:{target}ToText",
            summary=f"the same the other way round: {summary}",
            extra=EXTRA,
            licence=licence,
            size=size,
            x="speech",
            y="text",
            sources=sources,
        )
    yield Dataset(
        name="sound/drumkits",
        target="regenkit_speech.data:Drumkits",
        summary="samples of drum kits by kind of instrument",
        extra=EXTRA,
        licence="by kit",
        size="143 MB",
        x="label",
        y="sound",
        sources=(packages.DRUMKITS,),
    )
    yield Dataset(
        name="sound/folder",
        target="regenkit_speech.data:Sounds",
        summary="your own sounds, a folder a class",
        extra=EXTRA,
        licence="yours",
        size="yours",
        x="label",
        y="sound",
    )
