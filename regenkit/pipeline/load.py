"""A trained run, opened to be used: a run directory, or an export of one. Nothing in an export is executed.

An export is a zip, or a folder of a model hub. Of its files these alone are read: a recipe (plain YAML), JSON, and
weights (HDF5). It is unpacked into the cache, under its checksum. Its weights are looked through before they are used:
they must be arrays of numbers within their own file, and nothing else.
"""

import hashlib
import json
import os
import shutil
import zipfile
from pathlib import Path

import h5py

from regenkit.cache import cache_dir, locked
from regenkit.errors import UserError
from regenkit.files import no_room
from regenkit.pipeline.pipeline import Pipeline
from regenkit.pipeline.weights import check_arrays
from regenkit.recipe import check_is_run, of_run
from regenkit.run_files import check_whole
from regenkit.sources.archives import extract
from regenkit.stages import BEST, LONGEST, STAGES

MANIFEST = "export.json"
FORMAT = 1
"""Of the files below; raised whenever an older regenkit could not read them."""
RECIPE, CARD = "recipe.yaml", "README.md"
HUB = "hf://"
FILES = (MANIFEST, RECIPE, CARD, "modalities.json",
         *(f"{stage}/{name}" for stage in STAGES for name in (BEST, LONGEST, "stage.json", "done.json")))  # fmt: skip
"""All that an export may hold; anything else in an archive is left where it is."""
_NO_EXPORT = f"is no exported run (it has no {MANIFEST} that can be read); `regenkit export RUN -o run.zip` makes one"


def load_run(folder: Path | str) -> Pipeline:
    """A trained run, to generate with: `regenkit.load`.

    folder  a run directory; an export of one (`regenkit export RUN -o run.zip`); or `hf://OWNER/NAME`, a model of the
            Hugging Face hub that is such an export, where huggingface_hub is installed

    Raises UserError where it is none of them, or cannot be read.
    """
    if str(folder).startswith(HUB):
        folder = from_hub(str(folder))
    folder = Path(folder)
    if folder.is_file():
        if folder.suffix != ".zip":
            raise UserError(f"{folder}: is a file; right are a run directory and an export of one, which is a .zip")
        folder = unpacked(folder)
    check_is_run(folder)
    check_whole(folder)
    return Pipeline(of_run(folder), folder)


def unpacked(archive: Path) -> Path:
    """The folder of an exported run in the cache; it is unpacked there when it is first asked for.

    Raises UserError where the archive is damaged, is no export, or holds what an export does not.
    """
    if not zipfile.is_zipfile(archive):
        raise UserError(f"{archive}: is damaged, or no zip file")
    try:
        with zipfile.ZipFile(archive) as opened:
            names = opened.namelist()
    except Exception as error:  # zipfile raises whatever the damaged byte leads it to
        raise UserError(f"{archive}: is damaged ({error})") from error
    if MANIFEST not in names:
        raise UserError(f"{archive}: {_NO_EXPORT}")
    with archive.open("rb") as file:
        folder = cache_dir() / "exports" / hashlib.file_digest(file, "sha256").hexdigest()[:24]
    with locked(folder.parent):
        if not folder.is_dir():
            part = folder.with_name(f".{folder.name}")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            try:
                # Weights are stored as they are, so an export unpacks to little more than its own size.
                extract(archive, part, root="", members=FILES, unpacked=2 * archive.stat().st_size + 1_000_000)
                looked_through(part, str(archive))
                os.replace(part, folder)
            except OSError as error:
                if no_room(error):
                    raise
                raise UserError(f"{archive}: cannot be unpacked into {folder.parent} ({error.strerror})") from error
            finally:
                shutil.rmtree(part, ignore_errors=True)
    return folder


def from_hub(name: str) -> Path:
    """The folder of `hf://OWNER/NAME`, or of `hf://OWNER/NAME@REVISION`, as huggingface_hub keeps it.

    Raises UserError where that package is not installed, or the model cannot be had.
    """
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
    except ModuleNotFoundError as error:
        raise UserError(f"{name}: needs the package huggingface_hub: pip install 'regenkit[hub]'") from error
    repository, _, revision = name.removeprefix(HUB).partition("@")
    try:
        folder = Path(snapshot_download(repository, revision=revision or None, allow_patterns=[*FILES, "run.zip"]))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise UserError(f"{name}: cannot be fetched ({str(error).splitlines()[0]})") from error
    if (folder / "run.zip").is_file():
        return unpacked(folder / "run.zip")
    looked_through(folder, name)
    return folder


def looked_through(folder: Path, name: str) -> None:
    """Raises UserError unless `folder` is an export that this version reads, with weights that are arrays alone."""
    try:
        found = json.loads((folder / MANIFEST).read_bytes())["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{name}: {_NO_EXPORT}") from error
    if found != FORMAT:
        raise UserError(f"{name}: is an export of format {found!r}, this regenkit reads {FORMAT}; install the version "
                        "that made it, or export the run again")  # fmt: skip
    for path in sorted(folder.glob(f"*/{BEST}")):
        try:
            with h5py.File(path) as file:
                check_arrays(file, path.stat().st_size)
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise UserError(f"{name}: its {path.relative_to(folder)} cannot be used ({error})") from error
