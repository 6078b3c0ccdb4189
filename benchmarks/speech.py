"""Speech: `scores` of recordings and of their true mel by Griffin-Lim; whether `voices`, and kinds of `drums`, are told
apart; how the Fréchet distance grows (`frechet`); `mel` beside librosa and torch, and the vocoder `vocos` beside the
same network in torch, as ratios.

python benchmarks/speech.py scores
python benchmarks/speech.py voices
python benchmarks/speech.py drums
python benchmarks/speech.py frechet
python benchmarks/speech.py mel
python benchmarks/speech.py vocos
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from regenkit.components import Evaluation, Example
from regenkit.errors import BadSource
from regenkit_speech.data import Prompts

ROUNDS, SECONDS, BATCH, SOUNDS = 7, 5, 16, 60
RATE, N_FFT, HOP, BANDS = 16_000, 1024, 256, 80
SCORES = ("word_error_rate", "character_error_rate", "mel_cepstral_distortion", "f0_rmse", "voicing_error")


def examples(dataset: Prompts, every: int) -> Iterator[Example]:
    names = [name for name in dataset.sources() if name.startswith(("conf-", "queue", "agent", "vm-"))]
    return readable(dataset, names[: 10 * every : every])


def readable(dataset: Any, names: list[str]) -> Iterator[Example]:
    for name in names:
        try:
            yield from (each for each in dataset.read(name) if isinstance(each, Example))
        except BadSource as error:
            print(f"left out: {error}", file=sys.stderr)


def scores() -> None:
    from regenkit_speech import metrics
    from regenkit_speech.modality import Audio, Transcript

    audio = Audio()
    found = list(examples(Prompts(units="characters"), 6))
    real = [example.y for example in found]
    drawn = [{"wave": resounded(y["wave"])} for y in real]
    for name, samples in (("recordings", real), ("griffin_lim", drawn), ("another prompt", [*real[1:], real[0]])):
        of = Evaluation(samples=samples, references=real, conditions=[each.x or {} for each in found], x=Transcript(),
                        y=audio)  # fmt: skip
        print(name, {metric: round(float(np.nanmean(getattr(metrics, metric)(of))), 3) for metric in SCORES})


def resounded(wave: np.ndarray) -> np.ndarray:
    """A sound made anew from its true mel by Griffin-Lim."""
    from regenkit_speech.converter.spectral import Mel
    from regenkit_speech.modality import Audio
    from regenkit_speech.models.phase import GriffinLim

    audio = Audio()
    converter = Mel(y=audio.spec)
    vocoder = GriffinLim(condition=converter.spec, target=audio.spec)
    spectra = converter.convert({"wave": wave})["mel"]
    batch = {"mel": spectra[None], vocoder.clock.mask: np.ones((1, len(spectra)), bool)}
    return np.asarray(vocoder.sample(batch, seed=0)["wave"][0])


def voices() -> None:
    """`speech/speaker_similarity` of each third clip of a corpus, of which a quarter is held out at random."""
    from regenkit_speech import metrics
    from regenkit_speech.data import Fillets
    from regenkit_speech.modality import Audio

    for language in ("cs", "nl"):
        dataset = Fillets(language)
        found = [example.y for example in readable(dataset, dataset.sources()[::3])]
        random = np.random.default_rng(0)
        held_out = random.random(len(found)) < 0.25
        training = [y for y, out in zip(found, held_out, strict=True) if not out]
        by_voice = {name: [y for y, out in zip(found, held_out, strict=True) if out and int(y["speaker"]) == token]
                    for token, name in enumerate(dataset.modalities["y"]["speakers"], 1)}  # fmt: skip
        for name, own in by_voice.items():
            noise = [{"wave": random.normal(0, 0.1, len(y["wave"])).astype(np.float32)} for y in own]
            others = {other: [clips[row % len(clips)] for row in range(len(own))] for other, clips in by_voice.items()}
            for said, samples in (others | {name: own[1:] + own[:1], "white noise": noise}).items():
                of = Evaluation(samples=samples, references=own, training=training, y=Audio(**dataset.modalities["y"]))
                cosine = metrics.speaker_similarity(of)
                print(f"{language}: {said} beside {name}: {len(own)} clips, mean {np.nanmean(cosine):.2f}, "
                      f"above 0 {np.nanmean(cosine > 0):.2f}")  # fmt: skip


def drums() -> None:
    """`sound/class_accuracy` of the recordings of each drum kit, as those of the other kits teach it."""
    from regenkit_speech.data import Drumkits
    from regenkit_speech.metrics import class_accuracy
    from regenkit_speech.modality import Audio

    kits, labels = Drumkits(), Drumkits().modalities["x"]["labels"]
    by_kit = {kit: [each for each in kits.read(kit) if isinstance(each, Example)] for kit in kits.sources()}
    right, asked = list[float](), list[int]()
    for kit, own in by_kit.items():
        others = [each for name, found in by_kit.items() if name != kit for each in found]
        if own:
            of = Evaluation(samples=[each.y for each in own], references=[each.y for each in own],
                            conditions=[each.x or {} for each in own], training=[each.y for each in others],
                            training_conditions=[each.x or {} for each in others], y=Audio())  # fmt: skip
            right += class_accuracy(of).tolist()
            asked += [int((each.x or {})["label"]) for each in own]
    by_class = {name: np.mean(np.array(right)[np.array(asked) == token]) for token, name in enumerate(labels, 1)}
    print(f"{len(right)} sounds, right {np.mean(right):.3f}; mean of classes {np.mean(list(by_class.values())):.3f}")
    print(", ".join(f"{name} {share:.2f}" for name, share in by_class.items()))


def frechet() -> None:
    """`speech/frechet_distance` of SOUNDS clips and of as many strokes, drawn at random, against others, and against
    themselves with noise: normal noise of a share of full scale, and of a share of each sound's own power."""
    from regenkit_speech.data import Drumkits, Fillets
    from regenkit_speech.metrics.frechet import between, encoded

    random = np.random.default_rng(0)

    def features(waves: list[np.ndarray]) -> np.ndarray:
        return np.array([encoded(np.asarray(wave, np.float32), RATE) for wave in waves])

    def noisy(waves: list[np.ndarray], deviation: Callable[[np.ndarray], float]) -> list[np.ndarray]:
        return [wave + random.normal(0, deviation(wave), len(wave)).astype(np.float32) for wave in waves]

    for what, dataset, every in (("Czech clips", Fillets("cs"), 8), ("strokes", Drumkits(), 1)):
        found = [each.y["wave"] for each in readable(dataset, dataset.sources()[::every])]
        own, others = np.split(random.permutation(len(found))[: 2 * SOUNDS], 2)
        waves = [found[row] for row in own]
        real, other = features(waves), features([found[row] for row in others])
        ways = {
            "others": other,
            "noise of 0.003": features(noisy(waves, lambda _: 0.003)),
            "noise of 0.02": features(noisy(waves, lambda _: 0.02)),
            "noise 30 dB below each": features(noisy(waves, lambda wave: float(wave.std()) * 10 ** (-30 / 20))),
            "Griffin-Lim": features([resounded(wave) for wave in waves]),
            "white noise": features([random.normal(0, 0.1, len(wave)) for wave in waves]),
        }
        print(f"{SOUNDS} of {len(found)} {what}")
        for name, drawn in ways.items():
            print(f"  {name}: {between(drawn, real):.2f}")
        print(f"  others, with a full covariance: {full(other, real):.2f}")


def full(one: np.ndarray, other: np.ndarray) -> float:
    """The Fréchet distance of two Gaussians of full covariance."""
    (means, covariance), (others, its) = ((each.mean(0), np.cov(each, rowvar=False)) for each in (one, other))
    joint = np.sqrt(np.linalg.eigvals(covariance @ its).astype(complex)).real.sum()
    return float(np.square(means - others).sum() + np.trace(covariance) + np.trace(its) - 2 * joint)


def mel() -> None:
    """In turns, so that what else the machine does falls on all alike; of each the least of ROUNDS, on one thread.

    Ours is the converter, as data are prepared by it. REGENKIT_TORCH names a folder that torch is installed in, if it
    is not beside TensorFlow.
    """
    import librosa

    from regenkit.quiet import tensorflow as tf
    from regenkit_speech.converter.spectral import Mel
    from regenkit_speech.modality import Audio
    from regenkit_speech.signal import mel as ours

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    waves = np.random.default_rng(0).normal(0, 0.1, (BATCH, SECONDS * RATE)).astype(np.float32)
    converter, ys = Mel(y=Audio().spec), [{"wave": wave} for wave in waves]
    sys.path.append(os.environ.get("REGENKIT_TORCH", ""))

    def theirs() -> None:
        for wave in waves:
            found = librosa.feature.melspectrogram(y=wave, sr=RATE, n_fft=N_FFT, hop_length=HOP, n_mels=BANDS, power=1)
            np.log(np.maximum(found, ours.FLOOR))

    ways: dict[str, Callable[[], Any]] = {"regenkit": lambda: converter.convert_all(ys), "librosa": theirs}
    try:
        import torch
    except ModuleNotFoundError:
        print("torch is not installed: left out")
    else:
        torch.set_num_threads(1)
        filters, window = torch.tensor(ours.filters(RATE, N_FFT, BANDS)), torch.hann_window(N_FFT)

        def in_torch() -> None:
            spectrum = torch.stft(torch.tensor(waves), N_FFT, HOP, window=window, center=True, pad_mode="constant",
                                  return_complex=True).abs()  # fmt: skip
            torch.log(torch.clamp(spectrum.transpose(1, 2) @ filters, min=ours.FLOOR))

        ways["torch"] = in_torch
    race(ways, f"{BATCH} × {SECONDS} s")


def vocos() -> None:
    """The same way; the network of recipes/text2speech.yaml, untrained, whose twin is given its weights."""
    sys.path.append(os.environ.get("REGENKIT_TORCH", ""))
    import torch
    import vocos_torch

    from regenkit.quiet import tensorflow as tf
    from regenkit_speech.converter.spectral import Mel
    from regenkit_speech.modality import Audio
    from regenkit_speech.models.vocos import Vocos

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    torch.set_num_threads(1)
    audio = Audio()
    model = Vocos(condition=Mel(y=audio.spec).spec, target=audio.spec, width=256, depth=6)
    twin = vocos_torch.Vocos(model.decoder)
    entries = SECONDS * RATE // HOP
    for batch in (1, BATCH):
        spectra = np.random.default_rng(0).normal(0, 1, (batch, entries, BANDS)).astype(np.float32)
        condition = {"mel": spectra, model.clock.mask: np.ones((batch, entries), bool)}

        def ours(condition: dict[str, np.ndarray] = condition) -> np.ndarray:
            return model.sample(condition, seed=0)["wave"]

        @torch.inference_mode()
        def theirs(spectra: np.ndarray = spectra) -> np.ndarray:
            return np.asarray(twin(torch.from_numpy(spectra)))

        off = float(np.abs(ours() - theirs()).max() / np.abs(ours()).max())
        if off > 1e-4:
            raise SystemExit(f"the twins are {off:.1g} of the greatest sample apart: nothing is timed")
        race({"regenkit": ours, "torch": theirs}, f"{batch} × {SECONDS} s")


def race(ways: dict[str, Callable[[], Any]], what: str) -> None:
    """CPU time of each, in turns, the least of ROUNDS."""
    least = dict.fromkeys(ways, np.inf)
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.process_time()
            way()
            least[name] = min(least[name], time.process_time() - began)
    for name, seconds in least.items():
        times = f"{seconds / least['regenkit']:.2f} × the time of regenkit"
        print(f"{name}: {1e3 * seconds:.1f} ms of CPU for {what}, {times}")


if __name__ == "__main__":
    ways = {"scores": scores, "voices": voices, "drums": drums, "frechet": frechet, "mel": mel, "vocos": vocos}
    ways[asked if (asked := " ".join(sys.argv[1:]) or "mel") in ways else sys.exit(__doc__)]()
