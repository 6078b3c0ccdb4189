"""TFRecord shards with an index of byte offsets.

A shard is two files: `NAME.tfrecord`, which any TensorFlow program can read, and `NAME.npz`, the index: where each
record begins, how many steps it has, and what the split needs. The index is renamed last, so a shard exists when its
index does. With offsets, reading a record is one `pread`. So the order of training may be any permutation, and resuming
costs nothing. Nothing here needs TensorFlow.
"""

import bisect
import io
import json
import os
import secrets
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, final

import google_crc32c
import numpy as np

from regenkit.data.messages import Example
from regenkit.errors import UserError
from regenkit.files import writing
from regenkit.spec import Fields, Spec

OPEN = 256
"""Files of one dataset that stay open; several datasets (examples, Y′, predicted Y′) stay below a process's limit."""


def feature_key(side: str, name: str) -> str:
    """("y", "pitch") → "y/pitch": the name of a field within a record."""
    return f"{side}/{name}"


def serialize(sides: Mapping[str, Fields | None], extra: Mapping[str, Any]) -> bytes:
    """One record: the fields of each side, and `extra` as JSON under "meta". Levels are packed (see `packed`)."""
    example = Example()
    features = example.features.feature
    features["meta"].bytes_list.value.append(json.dumps(extra).encode())
    for side, fields in sides.items():
        for name, value in (fields or {}).items():
            flat = np.asarray(value).reshape(-1)
            feature = features[feature_key(side, name)]
            if flat.dtype == np.uint8:
                feature.bytes_list.value.append(flat.tobytes())
                continue
            values = feature.float_list if flat.dtype.kind == "f" else feature.int64_list
            values.SetInParent()  # an empty field is present too
            values.value.extend(flat.tolist())
    return example.SerializeToString(deterministic=True)


def deserialize(record: bytes, specs: Mapping[str, Spec]) -> tuple[dict[str, Fields | None], dict[str, Any]]:
    """The inverse of `serialize`: a side without any field is None."""
    features = Example.FromString(record).features.feature
    sides: dict[str, Fields | None] = {}
    for side, spec in specs.items():
        fields = {}
        for name, field in spec.items():
            key = feature_key(side, name)
            if key not in features:
                continue
            if field.levels:
                flat = unpacked(np.frombuffer(features[key].bytes_list.value[0], np.uint8), field.levels)
            else:
                value = features[key].int64_list.value if field.vocabulary else features[key].float_list.value
                flat = np.array(value, np.int32 if field.vocabulary else np.float32)
            fields[name] = flat.reshape([-1 if size is None else size for size in field.shape])
        sides[side] = fields or None
    return sides, json.loads(features["meta"].bytes_list.value[0])


def packed(values: np.ndarray, levels: int) -> np.ndarray:
    """−1…1 → the number of the nearest level, uint8."""
    return np.rint((np.asarray(values, np.float64) + 1) * ((levels - 1) / 2)).astype(np.uint8)


def unpacked(numbers: np.ndarray, levels: int) -> np.ndarray:
    """The inverse, float32."""
    return numbers.astype(np.float32) / np.float32((levels - 1) / 2) - np.float32(1)


def write(path: Path, records: Iterable[bytes], columns: Callable[[], Mapping[str, Any]] = dict) -> None:
    """Write the shard `path` (without suffix): records as they come, then the index, with the `columns` known by then.

    Nothing half-written is ever visible. Raises UserError where the disk is full or closed.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")  # as in `files.beside`
    lengths = []
    try:
        with writing(path.with_suffix(".tfrecord")), temporary.open("wb") as file:
            for record in records:
                size = struct.pack("<Q", len(record))
                file.write(size + struct.pack("<I", _masked(size)) + record + struct.pack("<I", _masked(record)))
                lengths.append(len(record))
        os.replace(temporary, path.with_suffix(".tfrecord"))
        sizes = np.array(lengths, np.int64)
        offsets = np.cumsum(sizes + 16) - sizes - 16  # 8 length, 4 + 4 checksums
        with writing(path.with_suffix(".npz")), temporary.open("wb") as file:
            np.savez_compressed(file, offset=offsets, size=sizes, **columns())
        os.replace(temporary, path.with_suffix(".npz"))
    finally:
        temporary.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Delete what killed processes have left half-written in a folder, where no other is at work now."""
    for left in folder.glob(".part-*"):
        left.unlink(missing_ok=True)


def exists(path: Path) -> bool:
    """Whether the shard `path` exists, which means its index, because that is written last."""
    return path.with_suffix(".npz").exists()


@final
class Shards:
    """Random access over the records of several shards, in their order. In memory are 16 bytes a record."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """`paths` without suffix; where their records begin is read at once, the rest of the indices on demand."""
        self._files: dict[int, int] = {}
        self.paths = list(paths)
        self.indices = [_index(path, "offset", "size") for path in self.paths]
        self._first = list(accumulate((len(index["size"]) for index in self.indices), initial=0))

    def __len__(self) -> int:
        return self._first[-1]

    def each(self, *names: str) -> Iterator[dict[str, np.ndarray]]:
        """Columns of the indices, one shard after the other."""
        return (_index(path, *names) for path in self.paths)

    def column(self, name: str) -> np.ndarray:
        """One column over all shards."""
        return np.concatenate([index[name] for index in self.each(name)])

    def within(self, first: int, last: int) -> tuple[list[Path], int]:
        """(the shards that hold the records `first`…`last` − 1, how many records of theirs come before)."""
        start, stop = bisect.bisect_right(self._first, first) - 1, bisect.bisect_left(self._first, last)
        return self.paths[start:stop], self._first[start]

    def __getitem__(self, index: int) -> bytes:
        """Record number `place`. Raises UserError, naming file and byte, where its checksum is wrong."""
        shard = bisect.bisect_right(self._first, index) - 1
        offset, size = (int(self.indices[shard][name][index - self._first[shard]]) for name in ("offset", "size"))
        path = self.paths[shard].with_suffix(".tfrecord")
        data = self._read(shard, path, size + 16, offset)
        record = data[12:-4]
        if (
            len(data) != size + 16
            or struct.unpack("<QI", data[:12]) != (size, _masked(data[:8]))
            or struct.unpack("<I", data[-4:])[0] != _masked(record)
        ):
            raise UserError(_damaged(f"{path}: the record at byte {offset} is damaged", path))
        return record

    def _read(self, shard: int, path: Path, size: int, offset: int) -> bytes:
        if shard in self._files:
            return os.pread(self._files[shard], size, offset)
        try:
            file = os.open(path, os.O_RDONLY)
        except FileNotFoundError as error:
            raise UserError(_damaged(f"{path}: is missing", path)) from error
        except OSError as error:
            raise UserError(f"{path}: cannot be read ({error.strerror})") from error
        if len(self._files) < OPEN:
            self._files[shard] = file
            return os.pread(file, size, offset)
        try:
            return os.pread(file, size, offset)
        finally:
            os.close(file)

    def __del__(self) -> None:
        for file in self._files.values():
            os.close(file)


def _index(path: Path, *names: str) -> dict[str, np.ndarray]:
    """Some columns of a shard's index. Each is read to its end, where its checksum is verified, before it is used."""
    path = path.with_suffix(".npz")
    try:
        with zipfile.ZipFile(path) as archive:
            return {name: np.load(io.BytesIO(archive.read(f"{name}.npy")), allow_pickle=False) for name in names}
    except Exception as error:  # zipfile may raise anything on a damaged byte
        raise UserError(_damaged(f"{path}: the index is damaged ({error})", path)) from error


def _damaged(what: str, path: Path) -> str:
    return f"{what}; delete {path.parent} to prepare it again"


def _masked(data: bytes) -> int:
    """TFRecord's masked CRC-32C."""
    crc = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
