"""A class: its members, digits, activities and votes, in a database.

`store()` gives the database that this machine uses: an SQLite file beside the folder of runs, or
what `CLASSROOM_DATABASE` names. `migrations/` says how its tables became what they are.
"""

from mnist_core.classroom._digits import Changes
from mnist_core.classroom._members import REMOVED
from mnist_core.classroom.given import Given
from mnist_core.classroom.records import (
    ANIMALS,
    COLOURS,
    KINDS,
    Activity,
    Class,
    ClosedError,
    Digit,
    Member,
    NoClassError,
    NotAdmittedError,
    UnavailableError,
    UnknownMemberError,
)
from mnist_core.classroom.sample_class import sample
from mnist_core.classroom.store import EXPIRE_DAYS, Store, kept, store

__all__ = [
    "ANIMALS",
    "COLOURS",
    "EXPIRE_DAYS",
    "KINDS",
    "REMOVED",
    "Activity",
    "Changes",
    "Class",
    "ClosedError",
    "Digit",
    "Given",
    "Member",
    "NoClassError",
    "NotAdmittedError",
    "Store",
    "UnavailableError",
    "UnknownMemberError",
    "kept",
    "sample",
    "store",
]
