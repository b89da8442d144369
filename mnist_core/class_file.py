"""A class as one file: to be kept, looked at by any program, and brought in elsewhere.

A zip file with

    class.json       the lesson: members, strokes, labels, activities and votes
    digits.csv       a line for each digit, for a spreadsheet
    digits/…png      each digit as the network is given it, in a folder for its label
    network.keras    the network of the class, if it has one of its own
"""

from __future__ import annotations

import csv
import datetime
import io
import zipfile
import zlib

import msgspec
import numpy as np
from PIL import Image

from mnist_core import classroom, datasets, drawing, runs
from mnist_core.classroom import lesson
from mnist_core.classroom.lesson import KeptDigit, Lesson
from mnist_core.errors import InputError
from mnist_core.training import imports

LARGEST = 200_000_000  # bytes of the file
LARGEST_LESSON = 200_000_000  # bytes of class.json, unpacked
LESSON, TABLE, NETWORK = "class.json", "digits.csv", "network.keras"
# What `zipfile` raises for a file that is cut off, altered, encrypted or packed in another way.
BROKEN = (KeyError, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)
HEAD = (
    "file", "id", "label", "label_source", "guess", "read", "probability", "member", "animal",
    "colour", "activity", "at", "hidden",
)  # fmt: skip


def save(code: str) -> bytes:
    """A class as the content of a file.

    Raises:
        InputError: there is no such class.
    """
    store = classroom.store()
    found, kept = store.get(code), store.lesson(code)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(LESSON, msgspec.json.encode(kept))
        file.writestr(TABLE, "\ufeff" + _table(kept))  # by which spreadsheets know UTF-8
        for digit in kept.digits:
            file.writestr(_place(digit), _png(digit), zipfile.ZIP_STORED)
        if found.network is not None:
            run = runs.named(found.network)
            if run.usable and not runs.is_shipped(run):
                file.write(run.model_file, NETWORK)
    return content.getvalue()


def _place(digit: KeptDigit) -> str:
    label = "unlabelled" if digit.label is None else str(digit.label)
    return f"digits/{label}/{digit.id}.png"


def _png(digit: KeptDigit) -> bytes:
    ink = drawing.from_strokes([np.array(stroke) for stroke in digit.strokes])
    content = io.BytesIO()
    Image.fromarray(np.round(ink * 255).astype(np.uint8)).save(content, "PNG")
    return content.getvalue()


def _table(kept: Lesson) -> str:
    members = {member.id: member for member in kept.members}
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEAD)
    for digit in kept.digits:
        read, probability = digit.read or (None, None)
        at = datetime.datetime.fromtimestamp(digit.at, datetime.UTC)
        member = members[digit.member]
        writer.writerow(
            (
                _place(digit), digit.id, digit.label, digit.label_source, digit.guess, read,
                probability, digit.member, member.animal, member.colour, digit.activity,
                at.isoformat(timespec="seconds"), digit.hidden,
            )
        )  # fmt: skip
    return text.getvalue()


def bring(content: bytes) -> str:
    """Make a class of the content of a file; its code, which is a new one.

    The class is closed. Its network, if there is one, becomes a run of its own.

    Raises:
        InputError: it is no such file, or its network cannot be used.
    """
    if len(content) > LARGEST:
        raise InputError(f"The file has more than {LARGEST // 10**6} MB.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            kept = lesson.decode(_unpacked(file, LESSON, LARGEST_LESSON))
            network = None
            if NETWORK in file.namelist():
                network = _unpacked(file, NETWORK, imports.LARGEST)
    except InputError:
        raise
    except (zipfile.BadZipFile, zlib.error, *BROKEN):
        raise InputError(lesson.NO_CLASS) from None
    store = classroom.store()
    code = store.bring(kept)
    if network is not None:
        known = "mnist" if datasets.at_hand("mnist") else "optical-digits"
        try:
            store.set_network(code, imports.import_keras(network, f"class-{code}", known).name)
        except InputError:
            store.delete_class(code)
            raise
    return code


def _unpacked(file: zipfile.ZipFile, name: str, most: int) -> bytes:
    with file.open(name) as packed:
        found = packed.read(most + 1)
    if len(found) > most:
        raise InputError(f"This file holds more than {most // 10**6} MB.")
    return found
