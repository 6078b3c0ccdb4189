"""A second speaker by rule: each line of a file of texts, said by espeak-ng, beside its text (docs/speech.md).

python benchmarks/second_voice.py texts.txt voices/espeak
"""

import argparse
import shutil
import subprocess
from pathlib import Path


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("texts", type=Path)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--voice", default="en-us+f3", help="as espeak-ng names it")
    options = asked.parse_args()
    if not shutil.which("espeak-ng"):
        asked.error("espeak-ng is not installed: apt-get install espeak-ng")
    lines = [line.strip() for line in options.texts.read_text(encoding="utf-8").splitlines() if line.strip()]
    options.folder.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(lines):
        sound = options.folder / f"{number}.wav"
        command = ["espeak-ng", "-v", options.voice, "-s", "150", "-p", "45", "-w", str(sound), "--stdin"]
        subprocess.run(command, input=text, text=True, check=True)
        sound.with_suffix(".txt").write_text(f"{text}\n", encoding="utf-8")
    print(f"{len(lines)} texts are said in {options.folder}")


if __name__ == "__main__":
    main()
