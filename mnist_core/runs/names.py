"""What a run may be called, and the directory that is made for that name.

A name holds blanks and letters of any language and is kept in run.json. Where every file system
holds it as it is, the directory is called the same; else its name is made from the letters that
every file system holds, and a checksum that tells `élan` from `elan`. One name always gives one
directory, so that a run is found by its name without a look into any other.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from mnist_core.errors import InputError

LONGEST = 80  # characters
# What Windows, macOS and Linux hold, and no command line takes for something else.
PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,78}[A-Za-z0-9_-])?")
# Windows takes them for devices, whatever ending they have.
DEVICES = re.compile(r"(?:con|prn|aux|nul|(?:com|lpt)[0-9])(?:\..*)?", re.IGNORECASE)
JOINERS = "\u200c\u200d"  # stand within words of some languages, and within emoji
RULE = (
    "A run's name must be 1 to 80 characters with a letter or a digit among them, and neither "
    "/ nor \\"
)


def clean(name: str) -> str:
    """The name in one spelling: letters composed (NFC), single blanks, none at its ends."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def check(name: str) -> str:
    """The name as it is kept.

    Raises:
        InputError: it cannot be a name.
    """
    found = clean(name)
    if not possible(found):
        raise InputError(f"{RULE}, not {name[:LONGEST]!a}.")
    return found


def possible(name: str) -> bool:
    """Whether a name that is clean can be one of a run."""
    kinds = [unicodedata.category(letter) for letter in name]
    hidden = any(
        kind[0] == "C" and letter not in JOINERS for letter, kind in zip(name, kinds, strict=True)
    )
    spoken = any(kind[0] in "LN" or kind == "So" for kind in kinds)
    apart = "/" in name or "\\" in name
    return 0 < len(name) <= LONGEST and spoken and not apart and not hidden


def directory(name: str) -> str:
    """The name of the directory for a run of that name."""
    name = clean(name)
    if PLAIN.fullmatch(name) and not DEVICES.fullmatch(name):
        return name
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    readable = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:40].rstrip("-") or "run"
    digest = hashlib.sha256(name.casefold().encode("utf-8", "surrogatepass"))
    return f"{readable}-{digest.hexdigest()[:8]}"


def told(name: str, folder: str) -> str:
    """How a run is called whose run.json says `name` and whose directory `folder`.

    A directory that was copied or renamed by hand is called as it is.
    """
    return name if possible(name) and directory(name) == folder else folder


def alike(name: str) -> str:
    """The same for all names that a person takes for one: another case, another width."""
    return unicodedata.normalize("NFKC", clean(name)).casefold()
