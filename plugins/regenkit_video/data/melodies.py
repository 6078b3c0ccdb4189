"""Videos and melodies. Melodies are another plugin's, and are asked for by the names of its components."""

from collections.abc import Iterator
from typing import Any, ClassVar, final

import numpy as np
from pydantic import PositiveInt

from regenkit import plugins
from regenkit.components import Example, LeftOut
from regenkit.errors import BadSource, UserError
from regenkit.sources.locate import own_folder, stamp
from regenkit.spec import Fields, Spec
from regenkit.tree import tree
from regenkit_video.data.held_out import named
from regenkit_video.data.own import content, own, stem
from regenkit_video.modality.footage import SIDE, Footage

CORPUS, MELODY = "music/corpus", "melody"
MOST_NOTES = 64
SHUFFLE = 17
"""By how many examples of a source a video is put off, where videos are shuffled."""
RADIUS, BURST = 1.6, 2.2
"""Pixels: of the ball at rest, and what a note that begins adds."""


def melodies() -> Any:
    """The modality of melodies. Raises UserError where no plugin has one."""
    return plugins.host().find("modality", MELODY).load()()


@final
class Dancing:
    """Folk tunes (Essen), each with a video that is drawn from it: a ball jumps to its notes.

    A frame is a sixteenth. The ball is as high as the note, moves there in two frames, and bursts when the note begins;
    it goes from left to right once a bar. So rhythm, contour and bars can be seen.

    limit     sources of 200 tunes to use at most
    longest   notes of an example
    shuffled  each tune has the video of another: the control, of which nothing can be learned
    """

    version = 2
    modalities: ClassVar[dict[str, dict[str, Any]]] = {}

    def __init__(self, limit: PositiveInt | None = None, longest: PositiveInt = 32, shuffled: bool = False) -> None:
        corpus = plugins.host().find("dataset", CORPUS).load()
        self.tunes = corpus(paired=(), unpaired=("essen",), longest=longest, limit=limit)
        self.shuffled = shuffled

    def sources(self) -> list[str]:
        return self.tunes.sources()

    def fingerprint(self) -> str:
        return self.tunes.fingerprint()

    def read(self, source: str) -> list[Example | LeftOut]:
        """Raises BadSource as the corpus does."""
        found = self.tunes.read(source)
        tunes = [each for each in found if isinstance(each, Example)]
        spec = melodies().spec
        put_off = SHUFFLE if self.shuffled else 0
        return [*(each for each in found if isinstance(each, LeftOut)),
                *(_with(tune, danced(tunes[(number + put_off) % len(tunes)].y, spec))
                  for number, tune in enumerate(tunes))]  # fmt: skip


def _with(tune: Example, frames: np.ndarray) -> Example:
    return Example(id=tune.id, y=tune.y, x={"footage": frames}, groups=tune.groups, fingerprints=tune.fingerprints,
                   split=tune.split, meta=_wordless(tune.meta), remarks=tune.remarks)  # fmt: skip


def _wordless(meta: dict[str, Any]) -> dict[str, Any]:
    """Without words: a melody that is drawn for a video has as many notes as it likes."""
    return {name: value for name, value in meta.items() if name != "syllables"}


def danced(melody: Fields, spec: Spec) -> np.ndarray:
    """float32 [sixteenths, 16, 16, 1] in [−1, 1] of a melody's fields."""
    beats, unit = map(int, str(spec["metre"].labels[int(melody["metre"]) - 1]).split("/"))
    bar = beats * 16 // unit
    onsets = list(_onsets(melody["position"] - 1, melody["duration"], bar))
    frames = onsets[-1] + int(melody["duration"][-1])
    heights = melody["pitch"].astype(np.float64) / (spec["pitch"].vocabulary or 1)
    since = np.full(frames, 99)
    level = np.full(frames, heights[0])
    for number, onset in enumerate(onsets):
        before = heights[max(0, number - 1)]
        level[onset:] = heights[number]
        level[onset] = (before + heights[number]) / 2
        since[onset:] = np.arange(frames - onset)
    x = 1.5 + (SIDE - 4) * (np.arange(frames) % bar) / max(1, bar - 1)
    y = (SIDE - 2.5) - (SIDE - 4) * level
    radius = RADIUS + BURST * np.exp(-since / 1.0)
    down, right = np.mgrid[:SIDE, :SIDE]
    apart = np.hypot(right - x[:, None, None], down - y[:, None, None])
    shown = np.clip(radius[:, None, None] + 0.5 - apart, 0, 1)
    return (2 * shown[..., None] - 1).astype(np.float32)


def _onsets(position: np.ndarray, duration: np.ndarray, bar: int) -> Iterator[int]:
    """In sixteenths: each note at its place in a bar, and not before the last is over."""
    end = 0
    for place, length in zip(position.tolist(), duration.tolist(), strict=True):
        onset = end + (place - end) % bar
        yield onset
        end = onset + length


@final
class Scored:
    """The user's own videos, each with its melody beside it: NAME.mid, .musicxml or .abc beside NAME.mp4. Of several
    files beside it, and of several melodies of a file, the first is used, and a remark says so.

    Where the first folders are train, val (or valid, validation, dev) and test, they are the split.

    path  the folder; a relative one starts at the working directory
    """

    version = 4
    name: ClassVar[str] = "video/melodies"
    modalities: ClassVar[dict[str, dict[str, Any]]] = {}

    def __init__(self, path: str) -> None:
        self.root = own_folder(path, self.name, "a folder of videos")
        self.own = own(self.root, self.name)
        self.splits = named(self.own.files, self.name, path)
        self.reads = plugins.host().find("modality", MELODY).reads
        self.scores = self._by_stem()
        self.beside = {file: found[0] for file in self.own.files if (found := self.scores.get(stem(file)))}
        stems = {stem(file) for file in self.own.files}
        alone = {each: "a melody without a video" for name, found in self.scores.items() if name not in stems
                 for each in found}  # fmt: skip
        self.left_out = {**self.own.left_out, **alone}
        if not self.beside:
            raise UserError(f"{self.name}: no video in {path} has a melody of its name beside it; right are "
                            f"{', '.join(self.reads)}")  # fmt: skip

    def sources(self) -> list[str]:
        return [*self.own.files, *self.left_out]

    def ignored(self) -> dict[str, str]:
        return self.own.ignored

    def fingerprint(self) -> str:
        return stamp(self.root, (*self.own.files, *self.beside.values())) + repr((self.left_out, self.scores))

    def read(self, source: str) -> list[Example]:
        """One example a melody. Raises BadSource where there is none, or the video can't be read."""
        if source in self.left_out:
            raise BadSource(source, self.left_out[source])
        if source not in self.beside:
            raise BadSource(source, "no melody is beside it")
        modality = melodies()
        try:
            (clip,) = Footage().read(self.root / source)
            values = modality.read(self.root / self.beside[source])
            y, meta = modality.encode(values[0])
        except (BadSource, UserError) as error:
            raise BadSource(source, getattr(error, "reason", str(error))) from error
        if len(y["pitch"]) > MOST_NOTES:
            raise BadSource(source, f"its melody is longer than {MOST_NOTES} notes: cut both")
        remarks = [f"holds {len(values)} melodies: the first is used"] if len(values) > 1 else []
        if len(self.scores[stem(source)]) > 1:
            remarks.append("several melodies are beside it: the first is used, by the order of formats")
        same = content(self.root / source)
        return [Example(id=source, y=y, x=Footage().encode(clip)[0], groups=(f"file {source}", f"content {same}"),
                        fingerprints=(same,), split=self.splits.get(source.split("/")[0]), meta=_wordless(meta),
                        remarks=(*clip.remarks, *remarks))]  # fmt: skip

    def _by_stem(self) -> dict[str, list[str]]:
        """By name without its suffix, in capitals or not, the files of melodies in the order of the formats."""
        found: dict[str, list[str]] = {}
        for suffix in self.reads:
            for name in tree(self.root).files:
                if name.lower().endswith(suffix) and len(name) > len(suffix):
                    found.setdefault(name[: -len(suffix)], []).append(name)
        return found
