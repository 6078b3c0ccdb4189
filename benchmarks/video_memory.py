"""How much memory does a long video take, when a dataset reads it?

    python benchmarks/video_memory.py my_clip.mp4 [--minutes 1 60]

The clip is looped, without being encoded again, into a file of so many minutes, in a temporary folder. Each file is
then read as `video/folder` reads it, part by part, in a process of its own, whose highest resident memory is printed.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import av

SIZE, RATE, FRAMES = 64, 8, 16


def looped(clip: Path, path: Path, seconds: float) -> None:
    """The pictures of a clip, over and over; a Matroska file."""
    with av.open(str(path), "w") as target:
        offset, stream = 0.0, None
        while offset < seconds:
            with av.open(str(clip)) as source:
                one = source.streams.video[0]
                stream = stream or target.add_stream_from_template(one)
                begins, last = None, 0.0
                for packet in source.demux(one):
                    if packet.dts is None or packet.pts is None:
                        continue
                    begins = min(packet.dts, packet.pts) if begins is None else begins
                    last = max(last, float((packet.pts - begins + (packet.duration or 0)) * packet.time_base))
                    ahead = round(offset / packet.time_base) - begins
                    packet.pts, packet.dts = packet.pts + ahead, packet.dts + ahead
                    packet.stream = stream
                    target.mux(packet)
            offset += last


def reading(folder: Path) -> None:
    """Read all of a folder, and say the memory before and at its highest."""
    from regenkit_video.data import Folder

    data = Folder(str(folder), frames=FRAMES, size=SIZE, rate=RATE)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    clips = sum(len(data.read(source)) for source in data.sources())
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{len(data.sources())} parts, {clips} clips: {before / 1024:.0f} MB before, {after / 1024:.0f} MB at most")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("clip", type=Path)
    parser.add_argument("--minutes", type=float, nargs="+", default=[1, 60])
    parser.add_argument("--read", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.read:
        reading(chosen.clip)
        return
    for minutes in chosen.minutes:
        with tempfile.TemporaryDirectory() as folder:
            looped(chosen.clip, Path(folder) / "long.mkv", 60 * minutes)
            command = [sys.executable, __file__, folder, "--read"]
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        print(f"{minutes:g} min: {said}", flush=True)


if __name__ == "__main__":
    main()
