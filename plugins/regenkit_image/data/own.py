"""Pictures in a folder of the user's own."""

from pathlib import Path

from regenkit.components import Example
from regenkit.errors import BadSource, UserError
from regenkit.spec import Fields
from regenkit_image.data.looks import alike
from regenkit_image.modality import Image
from regenkit_image.modality.files import READS, read
from regenkit_image.modality.picture import fitted


def root_of(path: str, dataset: str, right: str) -> Path:
    """The folder. Raises UserError where it is none."""
    root = Path(path).expanduser()
    if not root.is_dir():
        raise UserError(
            f"{dataset}: path {path} {'is a file' if root.exists() else 'does not exist'}; right is {right}"
        )
    return root


def pictures(root: Path, dataset: str) -> list[str]:
    """Every picture in the folder and its subfolders, from it on, in order. Raises UserError where there is none."""
    paths = (path for path in sorted(root.rglob("*")) if path.suffix.lower() in READS and path.is_file())
    names = (path.relative_to(root) for path in paths)
    found = [name.as_posix() for name in names if not any(part.startswith(".") for part in name.parts)]
    if not found:
        raise UserError(f"{dataset}: there is no {', '.join(READS)} file in {root} or its subfolders")
    return found


def examples(root: Path, source: str, y: Image, x: Fields | None, title: str) -> list[Example]:
    """Those of one file: pictures that look alike are kept in one split. Raises BadSource where it can't be read."""
    try:
        found = read(root / source)
    except BadSource as error:
        raise BadSource(source, error.reason) from error
    except UserError as error:
        raise BadSource(source, "there is no such file") from error
    stem, result = source.rpartition(".")[0], []
    for number, picture in enumerate(found):
        exact = fitted(picture, y.size, y.channels, y.fit)
        result.append(Example(
            id=source if len(found) == 1 else f"{source}:{number}", y=y.encode(exact)[0], x=x,
            groups=alike(exact.pixels), meta={"title": title or stem},
        ))  # fmt: skip
    return result
