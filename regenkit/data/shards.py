"""TFRecord shards with an index of byte offsets.

A shard is two files: `NAME.tfrecord`, which any TensorFlow program can read, and `NAME.npz`, which says where each
record begins, how many steps it has and what the split needs to know. The index is renamed into place last, so a shard
exists when its index does. With offsets in hand a record is one `pread`, and the order of training may be any
permutation, resumed at no cost.
"""

import json
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, final

import google_crc32c
import numpy as np

from regenkit.errors import UserError
from regenkit.quiet import tensorflow as tf
from regenkit.spec import Fields, Spec


def feature_key(side: str, name: str) -> str:
    """("y", "pitch") → "y/pitch": how a field is called within a record."""
    return f"{side}/{name}"


def serialize(sides: Mapping[str, Fields | None], extra: Mapping[str, Any]) -> bytes:
    """One record: the fields of each side, and `extra` as JSON under "meta"."""
    features = {"meta": tf.train.Feature(bytes_list=tf.train.BytesList(value=[json.dumps(extra).encode()]))}
    for side, fields in sides.items():
        for name, value in (fields or {}).items():
            flat = np.asarray(value).reshape(-1)
            features[feature_key(side, name)] = (
                tf.train.Feature(float_list=tf.train.FloatList(value=flat))
                if flat.dtype.kind == "f"
                else tf.train.Feature(int64_list=tf.train.Int64List(value=flat))
            )
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString(deterministic=True)


def deserialize(record: bytes, specs: Mapping[str, Spec]) -> tuple[dict[str, Fields | None], dict[str, Any]]:
    """The inverse of `serialize`: a side of which no field is there is None."""
    features = tf.train.Example.FromString(record).features.feature
    sides: dict[str, Fields | None] = {}
    for side, spec in specs.items():
        fields = {}
        for name, field in spec.items():
            key = feature_key(side, name)
            if key not in features:
                continue
            value = features[key].int64_list.value if field.vocabulary else features[key].float_list.value
            flat = np.array(value, np.int32 if field.vocabulary else np.float32)
            fields[name] = flat.reshape([-1 if size is None else size for size in field.shape])
        sides[side] = fields or None
    return sides, json.loads(features["meta"].bytes_list.value[0])


def write(path: Path, records: Iterable[bytes], columns: Mapping[str, Any]) -> None:
    """Write the shard `path` (without suffix): records, then the index. Nothing half-written is ever visible."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    lengths = []
    with tf.io.TFRecordWriter(str(temporary)) as writer:
        for record in records:
            writer.write(record)
            lengths.append(len(record))
    os.replace(temporary, path.with_suffix(".tfrecord"))
    sizes = np.array(lengths, np.int64)
    offsets = np.concatenate([[0], np.cumsum(sizes + 16)[:-1]]) if len(sizes) else sizes  # 8 length, 4 + 4 checksums
    with temporary.open("wb") as file:
        np.savez_compressed(file, offset=offsets, size=sizes, **columns)
    os.replace(temporary, path.with_suffix(".npz"))


@final
class Shards:
    """Random access over the records of several shards, in their order."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """`paths` without suffix; their indices are read whole, their records on demand."""
        self._files: dict[int, int] = {}
        self.paths = list(paths)
        indices = [_index(path.with_suffix(".npz")) for path in self.paths]
        self._offset = np.concatenate([index["offset"] for index in indices]) if indices else np.zeros(0, np.int64)
        self._size = np.concatenate([index["size"] for index in indices]) if indices else np.zeros(0, np.int64)
        self._shard = np.repeat(np.arange(len(indices)), [len(index["offset"]) for index in indices])
        self.indices = indices

    def __len__(self) -> int:
        return len(self._offset)

    def column(self, name: str) -> np.ndarray:
        """One column of the indices, over all shards."""
        return np.concatenate([index[name] for index in self.indices])

    def __getitem__(self, place: int) -> bytes:
        """Record number `place`. Raises UserError, naming file and byte, where its checksum is wrong."""
        shard, offset, size = int(self._shard[place]), int(self._offset[place]), int(self._size[place])
        path = self.paths[shard].with_suffix(".tfrecord")
        if shard not in self._files:
            try:
                self._files[shard] = os.open(path, os.O_RDONLY)
            except OSError as error:
                raise UserError(_damaged(f"{path}: cannot be read ({error.strerror})", path)) from error
        data = os.pread(self._files[shard], size + 16, offset)
        record = data[12:-4]
        if (
            len(data) != size + 16
            or struct.unpack("<QI", data[:12]) != (size, _masked(data[:8]))
            or struct.unpack("<I", data[-4:])[0] != _masked(record)
        ):
            raise UserError(_damaged(f"{path}: the record at byte {offset} is damaged", path))
        return record

    def __del__(self) -> None:
        for file in self._files.values():
            os.close(file)


def _index(path: Path) -> dict[str, np.ndarray]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as index:
            return dict(index)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(_damaged(f"{path}: the index is damaged ({error})", path)) from error


def _damaged(what: str, path: Path) -> str:
    return f"{what}; delete {path.parent} to prepare it again"


def _masked(data: bytes) -> int:
    """TFRecord's masked CRC-32C."""
    crc = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
