"""Keep discussions whose points come out by a clock."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "discussion",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("starts_at", TIME, nullable=False),
        sa.Column("ends_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("transcript_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["official.account_id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("post_id", name="uq_discussion_post_id"),
    )
    op.create_table(
        "discussion_point",
        sa.Column("discussion_id", BIG, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("post_id", BIG, nullable=True),
        sa.Column("refused", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["discussion_id"], ["discussion.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("discussion_id", "number"),
    )


def downgrade() -> None:
    op.drop_table("discussion_point")
    op.drop_table("discussion")
