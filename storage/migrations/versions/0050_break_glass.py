"""Keep what was published alone in an emergency, and who reviewed it."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "break_glass",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("reviewed_by", BIG, nullable=True),
        sa.Column("reviewer", sa.String(), nullable=False),
        sa.Column("reviewed_at", TIME, nullable=True),
        sa.Column("review_note", sa.String(), nullable=False),
        sa.CheckConstraint(
            "reviewed_by IS NULL OR reviewed_by <> member_id",
            name=op.f("ck_break_glass_two_people"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["official.account_id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("post_id"),
    )
    op.create_index("ix_break_glass_account_id", "break_glass", ["account_id"])


def downgrade() -> None:
    op.drop_table("break_glass")
