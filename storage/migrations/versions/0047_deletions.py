"""Keep what official accounts deleted, and how many servers were asked to do the same."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "deletion",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("published_at", TIME, nullable=False),
        sa.Column("deleted_at", TIME, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("asked_at", TIME, nullable=True),
        sa.Column("asked", BIG, nullable=True),
        sa.Column("confirmed", BIG, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["official.account_id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_deletion_account_id", "deletion", ["account_id"])


def downgrade() -> None:
    op.drop_table("deletion")
