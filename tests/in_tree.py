"""The plugins of this repository, all of them, whatever is installed."""

import importlib
from pathlib import Path

PLUGINS = [
    importlib.import_module(folder.name)
    for folder in sorted((Path(__file__).parent.parent / "plugins").glob("regenkit_*"))
    if (folder / "__init__.py").is_file()
]
