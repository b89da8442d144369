"""The tables of the database. `migrations/` makes them; a test compares the two.

Every change of a class gives its row a new version first, which locks the row until the change is
committed. So versions are committed in their order, also by several servers, and whoever asks for
what is newer than a version misses nothing.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

HEAD = "0001"  # the newest migration

metadata = MetaData()


def _of_class() -> Column[str]:
    return Column(
        "code", String(6), ForeignKey("classes.code", ondelete="CASCADE"), primary_key=True
    )


classes = Table(
    "classes",
    metadata,
    Column("code", String(6), primary_key=True),
    Column("name", Text, nullable=False),
    Column("state", String(8), nullable=False),
    Column("admits", String(12), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("activity_number", Integer, nullable=False),
    Column("subject", Text),
    Column("opened", Float(53), nullable=False),  # seconds since 1970, as all times here
    Column("used", Float(53), nullable=False),
    Column("expires", Float(53)),
    Column("version", BigInteger, nullable=False),
    Column("is_sample", Boolean, nullable=False),
    Column("network", Text),
    Column("members_made", Integer, nullable=False),
    # The version at which members last changed: digits come far more often.
    Column("members_version", BigInteger, nullable=False),
)

members = Table(
    "members",
    metadata,
    _of_class(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("token", String(64), nullable=False),  # its SHA-256
    Column("animal", String(16), nullable=False),
    Column("colour", String(16), nullable=False),
    Column("admitted", Boolean, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("seen", Float(53), nullable=False),
    Index("members_by_token", "code", "token", unique=True),
)

digits = Table(
    "digits",
    metadata,
    _of_class(),
    Column("id", String(36), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),  # the class' version at its last change
    Column("member", Integer, nullable=False),
    Column("label", SmallInteger),
    Column("label_source", String(12)),
    Column("guess", SmallInteger),
    Column("read_digit", SmallInteger),
    Column("read_probability", Float(53)),
    Column("strokes", Text, nullable=False),  # JSON
    Column("at", Float(53), nullable=False),
    Column("hidden", Boolean, nullable=False),
    Column("activity", String(8), nullable=False),
    Column("activity_number", Integer, nullable=False),
    ForeignKeyConstraint(["code", "member"], ["members.code", "members.id"], ondelete="CASCADE"),
    Index("digits_by_number", "code", "number", unique=True),
    Index("digits_by_change", "code", "changed"),
    Index("digits_by_member", "code", "member"),
)

# Digits that were deleted: their ids alone, so that walls hear of it and no phone sends them again.
deleted = Table(
    "deleted",
    metadata,
    _of_class(),
    Column("id", String(36), primary_key=True),
    Column("changed", BigInteger, nullable=False),
    Index("deleted_by_change", "code", "changed"),
)

activities = Table(
    "activities",
    metadata,
    _of_class(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(8), nullable=False),
    Column("subject", Text),
    Column("at", Float(53), nullable=False),
)

# Code "" for votes outside a class.
votes = Table(
    "votes",
    metadata,
    Column("code", String(6), primary_key=True),
    Column("subject", String(200), primary_key=True),
    Column("voter", String(64), primary_key=True),
    Column("value", String(4), nullable=False),
)
