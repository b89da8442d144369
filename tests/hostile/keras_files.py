"""Hostile `.keras` files, made from a shipped one without TensorFlow.

Each is what somebody could upload: small, and far larger, deeper or further away than it says.
"""

import functools
import io
import json
import struct
import tempfile
import warnings
import zipfile
from pathlib import Path

import h5py
import numpy as np

from mnist_core import runs

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"


@functools.cache
def parts():
    """The entries of a shipped run's file."""
    with zipfile.ZipFile(runs.SHIPPED_DIR / "report-ann" / "model.keras") as archive:
        return {name: archive.read(name) for name in (METADATA, CONFIG, WEIGHTS)}


def packed(method=zipfile.ZIP_STORED, **changed):
    """Such a file with other entries: `config`, `weights`, or more by their names."""
    names = {"config": CONFIG, "weights": WEIGHTS}
    entries = parts() | {names.get(name, name): content for name, content in changed.items()}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in entries.items():
            if content is not None:
                archive.writestr(name, content)
    return file.getvalue()


def configured(change):
    """A file whose configuration, as data, was changed in place."""
    config = json.loads(parts()[CONFIG])
    change(config)
    return packed(config=json.dumps(config).encode())


def layers(config):
    return config["config"]["layers"]


def layer(config, kind):
    return next(one for one in layers(config) if one["class_name"] == kind)


def weighted(change):
    """A file whose weights, as HDF5, were changed by a function of the opened file."""
    memory = io.BytesIO(parts()[WEIGHTS])
    with h5py.File(memory, "r+") as file:
        change(file)
    return packed(weights=memory.getvalue())


def replaced(file, make):
    """Put something else in the place of the first kernel."""
    group = file["layers/dense/vars"]
    del group["0"]
    make(group)


# --- zip archives ----------------------------------------------------------------------


def patched(data, name, local, central, form, value):
    """A zip file with another value in both headers of an entry."""
    data = bytearray(data)
    for signature, offset, length in ((b"PK\3\4", local, 30), (b"PK\1\2", central, 46)):
        at = 0
        while (at := data.find(signature, at)) >= 0:
            if data[at + length : at + length + len(name)] == name.encode():
                struct.pack_into(form, data, at + offset, value)
            at += 4
    return bytes(data)


def declares_little():
    """An entry that says it has ten bytes, and unpacks to 300 MB."""
    large = packed(zipfile.ZIP_DEFLATED, config=bytes(300_000_000))
    return patched(large, CONFIG, 22, 24, "<I", 10)


def many_entries():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(20_000):
            archive.writestr(str(number), b"")
    return file.getvalue()


def linked():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts().items():
            entry = zipfile.ZipInfo(name)
            if name == CONFIG:
                entry.external_attr, content = 0o120777 << 16, b"/etc/passwd"
            archive.writestr(entry, content)
    return file.getvalue()


def twice():
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as archive:
        warnings.simplefilter("ignore")
        for name, content in [*parts().items(), (CONFIG, b"{}")]:
            archive.writestr(name, content)
    return file.getvalue()


def broken_stream(method):
    data = packed(method)
    at = data.find(WEIGHTS.encode()) + len(WEIGHTS) + 50
    return data[:at] + bytes(200) + data[at + 200 :]


# --- configurations --------------------------------------------------------------------


def many_layers(config):
    dropout = layer(config, "Dropout")
    layers(config)[3:3] = [dropout | {"name": f"more_{n}"} for n in range(400)]


def numbered(kind, name, value):
    return lambda config: layer(config, kind)["config"].update({name: value})


def foreign(**described):
    return lambda config: layer(config, "Flatten").update(described)


# --- weights ---------------------------------------------------------------------------


def declared_empty(group):
    """4 GB that are declared and not there."""
    group.create_dataset("0", (1000, 1_000_000), "f4")


def unpacking(group):
    """2 GB that are there, in a few kilobytes."""
    made = group.create_dataset("0", (500, 1_000_000), "f4", chunks=(1, 1_000_000), compression=9)
    made[0] = 1


def elsewhere(group):
    group["0"] = h5py.ExternalLink("/etc/passwd", "/")


def stored_elsewhere(group):
    name = str(Path(tempfile.gettempdir(), "anything"))
    group.create_dataset("0", (784, 128), "f4", external=[(name, 0, h5py.h5f.UNLIMITED)])


def virtual(group):
    layout = h5py.VirtualLayout((784, 128), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (784, 128))
    group.create_virtual_dataset("0", layout)


def within_itself(file):
    file["layers/dense/vars/again"] = file["layers"]


def soft(group):
    group["0"] = h5py.SoftLink("/layers/dense/vars/0")


def texts(group):
    group.create_dataset("0", data=np.array(["a" * 1000] * 1000, dtype=h5py.string_dtype()))


ENDLESS = "[" * 100_000
IN_ANOTHER, NOT_WHOLE = "are in another file", "are not whole"
NO_FILE, DAMAGED, CODE = r"no \.keras file", r"no whole \.keras file", "code of their own"

# Each with the sentence that it ends in.
CORPUS = {
    "unpacks to 300 MB": (
        lambda: packed(zipfile.ZIP_DEFLATED, config=bytes(300_000_000)),
        "unpacks to more",
    ),
    "declares 10 bytes": (declares_little, DAMAGED),
    "encrypted": (lambda: patched(packed(), CONFIG, 6, 8, "<H", 1), "is encrypted"),
    "broken deflate": (lambda: broken_stream(zipfile.ZIP_DEFLATED), DAMAGED),
    "LZMA": (lambda: packed(zipfile.ZIP_LZMA), "packed in a way"),
    "broken LZMA": (lambda: broken_stream(zipfile.ZIP_LZMA), "packed in a way"),
    "bzip2": (lambda: packed(zipfile.ZIP_BZIP2), "packed in a way"),
    "unknown method": (lambda: patched(packed(), CONFIG, 8, 10, "<H", 77), "packed in a way"),
    "20,000 entries": (many_entries, NO_FILE),
    "a symbolic link": (linked, NO_FILE),
    "a name twice": (twice, NO_FILE),
    "zip slip": (lambda: packed(**{"../../../slipped": b"x"}), "more than a network"),
    "assets": (lambda: packed(**{"assets/model.pb": b"x"}), "more than a network"),
    "no weights": (lambda: packed(weights=None), NO_FILE),
    "no zip": (lambda: b"\x89HDF\r\n\x1a\n" + bytes(1000), DAMAGED),
    "endless lists": (lambda: packed(config=ENDLESS.encode()), "too deeply"),
    "endless objects": (lambda: packed(config=b'{"config":' * 50_000), "too deeply"),
    "long lists": (lambda: packed(config=b'{"config":{"a":[' + b"0," * 2_000_000 + b"0]}}"),
                   "too long"),
    "no object": (lambda: packed(config=b"[1]"), NO_FILE),
    "no JSON": (lambda: packed(config=b"\xff\xfe{"), DAMAGED),
    "400 layers": (lambda: configured(many_layers), "more than 200 layers"),
    "a million units": (lambda: configured(numbered("Dense", "units", 10**6)), "too large"),
    "units without end": (lambda: configured(numbered("Dense", "units", 10**400)), "too large"),
    "units that are no number": (
        lambda: configured(numbered("Dense", "units", float("nan"))), "too large",
    ),
    "a lambda": (lambda: configured(foreign(class_name="Lambda")), CODE),
    "a saved model": (lambda: configured(foreign(class_name="TFSMLayer")), CODE),
    "words in a file": (lambda: configured(foreign(class_name="StringLookup")), CODE),
    "a system call": (lambda: configured(foreign(module="os", class_name="system")), CODE),
    "a registered class": (lambda: configured(foreign(registered_name="Custom>Evil")), CODE),
    "a class of lists": (lambda: configured(foreign(class_name=["Dense"])), CODE),
    "4 GB declared": (lambda: weighted(lambda f: replaced(f, declared_empty)), NOT_WHOLE),
    "2 GB packed": (lambda: weighted(lambda f: replaced(f, unpacking)), NOT_WHOLE),
    "an external link": (lambda: weighted(lambda f: replaced(f, elsewhere)), IN_ANOTHER),
    "a soft link": (lambda: weighted(lambda f: replaced(f, soft)), IN_ANOTHER),
    "external storage": (lambda: weighted(lambda f: replaced(f, stored_elsewhere)), IN_ANOTHER),
    "a virtual data set": (lambda: weighted(lambda f: replaced(f, virtual)), IN_ANOTHER),
    "a group within itself": (lambda: weighted(within_itself), "too many pieces"),
    "texts for weights": (lambda: weighted(lambda f: replaced(f, texts)), "cannot read"),
    "weights cut short": (lambda: packed(weights=parts()[WEIGHTS][:20_000]), DAMAGED),
    "weights that are none": (lambda: packed(weights=b"none"), DAMAGED),
}  # fmt: skip
