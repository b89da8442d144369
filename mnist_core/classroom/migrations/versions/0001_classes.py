"""Classes, their members, digits, activities and votes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _code() -> sa.Column[str]:
    return sa.Column(
        "code", sa.String(6), sa.ForeignKey("classes.code", ondelete="CASCADE"), primary_key=True
    )


def upgrade() -> None:
    # Long because it names every column of the first version.
    op.create_table(
        "classes",
        sa.Column("code", sa.String(6), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("admits", sa.String(12), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("activity_number", sa.Integer, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("opened", sa.Float(53), nullable=False),
        sa.Column("used", sa.Float(53), nullable=False),
        sa.Column("expires", sa.Float(53)),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("is_sample", sa.Boolean, nullable=False),
        sa.Column("network", sa.Text),
        sa.Column("members_made", sa.Integer, nullable=False),
        sa.Column("members_version", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "members",
        _code(),
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("animal", sa.String(16), nullable=False),
        sa.Column("colour", sa.String(16), nullable=False),
        sa.Column("admitted", sa.Boolean, nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
        sa.Column("seen", sa.Float(53), nullable=False),
    )
    op.create_index("members_by_token", "members", ["code", "token"], unique=True)
    op.create_table(
        "digits",
        _code(),
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.Column("member", sa.Integer, nullable=False),
        sa.Column("label", sa.SmallInteger),
        sa.Column("label_source", sa.String(12)),
        sa.Column("guess", sa.SmallInteger),
        sa.Column("read_digit", sa.SmallInteger),
        sa.Column("read_probability", sa.Float(53)),
        sa.Column("strokes", sa.Text, nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("hidden", sa.Boolean, nullable=False),
        sa.Column("activity", sa.String(8), nullable=False),
        sa.Column("activity_number", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(
            ["code", "member"], ["members.code", "members.id"], ondelete="CASCADE"
        ),
    )
    op.create_index("digits_by_number", "digits", ["code", "number"], unique=True)
    op.create_index("digits_by_change", "digits", ["code", "changed"])
    op.create_index("digits_by_member", "digits", ["code", "member"])
    op.create_table(
        "deleted",
        _code(),
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("changed", sa.BigInteger, nullable=False),
    )
    op.create_index("deleted_by_change", "deleted", ["code", "changed"])
    op.create_table(
        "activities",
        _code(),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("at", sa.Float(53), nullable=False),
    )
    op.create_table(
        "votes",
        sa.Column("code", sa.String(6), primary_key=True),
        sa.Column("subject", sa.String(200), primary_key=True),
        sa.Column("voter", sa.String(64), primary_key=True),
        sa.Column("value", sa.String(4), nullable=False),
    )
