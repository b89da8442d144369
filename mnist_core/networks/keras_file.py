"""A foreign `.keras` file, looked through before Keras opens it.

Such a file is a zip archive of JSON and HDF5. What it declares is compared with what it holds:
a few kilobytes can unpack to gigabytes, declare a data set of any size, or point to other files.
"""

from __future__ import annotations

import io
import json
import math
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import h5py

from mnist_core import nesting
from mnist_core.errors import InputError

LARGEST = 200_000_000  # bytes to which the file may unpack
LARGEST_CONFIG = 10_000_000  # bytes
DEEPEST = 60  # lists and objects within each other in the configuration
MOST_ENTRIES, MOST_VALUES, MOST_LAYERS = 16, 500_000, 200
LARGEST_NUMBER = 100_000  # units, filters, sizes; nothing in a network for 784 pixels is larger
ANY_NUMBER = ("seed", "shared_object_id")  # are no sizes
MOST_OBJECTS = 5_000  # groups and data sets of the weights
MOST_PARAMETERS = 20_000_000

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
CODE = (
    "The network has layers with code of their own, which is not run here: save it with Keras' "
    "own layers only."
)
DAMAGED = "The file is no whole .keras file, perhaps cut short: upload it again."
OTHER_ZIP = "This zip file is no .keras file: save the network with Keras 3."
UNREADABLE = "Keras cannot read this network: save it again with Keras 3 as .keras."
# What names a file, another program's layer, or code, in place of doing something with numbers.
WITH_CODE = frozenset(
    [
        "Lambda",
        "__lambda__",
        "TFSMLayer",
        "TorchModuleWrapper",
        "JaxLayer",
        "FlaxLayer",
        "TextVectorization",
        "StringLookup",
        "IntegerLookup",
        "Hashing",
        "HashedCrossing",
        "FeatureSpace",
    ]
)


@dataclass(frozen=True)
class KerasFile:
    """What such a file holds, and nothing else."""

    config: bytes
    weights: bytes
    metadata: bytes

    def packed(self) -> bytes:
        """It as a `.keras` file, made anew."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(METADATA, self.metadata)
            archive.writestr(CONFIG, self.config)
            archive.writestr(WEIGHTS, self.weights)
        return file.getvalue()


def read(data: bytes) -> KerasFile:
    """The parts of a foreign `.keras` file, if they are what they claim.

    Args:
        data: the file's content.

    Raises:
        InputError: it is damaged, too large in any way, encrypted, or refers to other files or to
            code.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = KerasFile(*_entries(archive))
    except InputError:
        raise
    except Exception as error:  # zipfile raises almost anything on a damaged file
        raise InputError(DAMAGED) from error
    _check_config(found.config)
    _check_weights(found.weights)
    return found


def _entries(archive: zipfile.ZipFile) -> Iterator[bytes]:
    """Configuration, weights and metadata."""
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if len(names) > MOST_ENTRIES or len(set(names)) != len(names):
        raise InputError(OTHER_ZIP)
    if CONFIG not in names or WEIGHTS not in names:
        raise InputError(OTHER_ZIP)
    known = (CONFIG, METADATA, WEIGHTS)
    if any(entry.filename not in known and not entry.is_dir() for entry in entries):
        raise InputError("The file holds more than a network: save it with Keras' layers only.")
    left = LARGEST
    for name, most in ((CONFIG, LARGEST_CONFIG), (WEIGHTS, LARGEST), (METADATA, LARGEST_CONFIG)):
        content = _content(archive, name, min(most, left)) if name in names else b"{}"
        left -= len(content)
        yield content


def _content(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    entry = archive.getinfo(name)
    if entry.flag_bits & 1:
        raise InputError("The file is encrypted: save the network again without a password.")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InputError("The file is packed in a way that Keras does not: save it with Keras 3.")
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise InputError(OTHER_ZIP)
    if entry.file_size > most:
        raise InputError(f"The file unpacks to more than {LARGEST // 10**6} MB.")
    with archive.open(entry) as file:
        content = file.read(entry.file_size)  # never more, whatever the entry unpacks to
        if len(content) != entry.file_size or file.read(1):  # the end shows whether it is whole
            raise InputError(DAMAGED)
    if entry.compress_type == zipfile.ZIP_DEFLATED and zlib.crc32(content) != entry.CRC:
        raise InputError(DAMAGED)
    return content


def _check_config(text: bytes) -> None:
    """Refuse a configuration that is no network, or so large that none is.

    Raises:
        InputError: see `read`.
    """
    if nesting.depth(text) > DEEPEST:
        raise InputError("The network's layers lie too deeply within each other.")
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(DAMAGED) from error
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict):
        raise InputError(OTHER_ZIP)
    values = layers = 0
    waiting: list[Any] = [config]
    while waiting:
        value = waiting.pop()
        values += 1
        if values > MOST_VALUES:
            raise InputError("The network's description is too long.")
        if isinstance(value, dict):
            layers += "class_name" in value and "inbound_nodes" in value
            if isinstance(inner := value.get("layers"), list):
                layers = max(layers, len(inner))
            _check_class(value)
            waiting += [inner for key, inner in value.items() if key not in ANY_NUMBER]
        elif isinstance(value, list):
            waiting += value
        elif _is_too_large(value):
            raise InputError("The network has a layer that is too large.")
        if layers > MOST_LAYERS:
            raise InputError(f"The network has more than {MOST_LAYERS} layers.")


def _is_too_large(value: Any) -> bool:
    if isinstance(value, float):
        return not math.isfinite(value)
    return isinstance(value, int) and abs(value) > LARGEST_NUMBER


def _check_class(described: dict[str, Any]) -> None:
    """Refuse an object that is none of Keras' own."""
    name, module = described.get("class_name"), described.get("module")
    if name is None:
        return
    if not isinstance(name, str) or name in WITH_CODE:
        raise InputError(CODE)
    own = module in (None, "keras", "builtins") or str(module).startswith("keras.")
    if not own or described.get("registered_name") not in (None, name):
        raise InputError(CODE)


def _check_weights(data: bytes) -> None:
    """Refuse weights that are elsewhere, or declared without being there.

    Raises:
        InputError: see `read`.
    """
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            sizes = list(_sizes(file))
    except InputError:
        raise
    except Exception as error:  # h5py raises almost anything on a damaged file
        raise InputError(DAMAGED) from error
    if sum(sizes) > MOST_PARAMETERS:
        raise InputError(f"The network has more than {MOST_PARAMETERS:,} parameters.")


def _sizes(file: h5py.File) -> Iterator[int]:
    """How many numbers each data set holds, its place in the file looked at."""
    waiting: list[h5py.Group] = [file]
    seen = 0
    while waiting:
        group = waiting.pop()
        for name in group:
            seen += 1
            if seen > MOST_OBJECTS:  # also where a group lies within itself
                raise InputError("The network's weights are in too many pieces.")
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise InputError("The network's weights are in another file: save it whole.")
            found = group[name]
            if isinstance(found, h5py.Group):
                waiting.append(found)
                continue
            if not isinstance(found, h5py.Dataset) or found.dtype.kind not in "fiub":
                raise InputError(UNREADABLE)
            if found.external or found.is_virtual:
                raise InputError("The network's weights are in another file: save it whole.")
            packed = found.chunks is not None or found.compression is not None
            if packed or found.id.get_storage_size() != found.nbytes:
                raise InputError("The network's weights are not whole: save it again with Keras 3.")
            yield found.size or 0
