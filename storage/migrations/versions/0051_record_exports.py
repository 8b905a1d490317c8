"""Keep what was asked for of the records as a file."""

import sqlalchemy as sa
from alembic import op

from storage.tables.base import Json

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "record_export",
        sa.Column("id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("search", Json, nullable=False),
        sa.Column("account_ids", Json, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("records", BIG, nullable=False),
        sa.Column("manifest", sa.String(length=64), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("done_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_record_export_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_export")),
    )
    op.create_index("ix_record_export_member_id", "record_export", ["member_id"])


def downgrade() -> None:
    op.drop_table("record_export")
