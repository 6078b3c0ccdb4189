"""Names of data: the keys of caches and contracts."""

import hashlib
import json
from typing import Any


def digest(data: Any) -> str:
    """Twelve hexadecimal digits that name `data` (anything JSON can hold): the keys of caches and contracts."""
    return hashlib.sha256(json.dumps(data, sort_keys=True, default=str).encode()).hexdigest()[:12]
