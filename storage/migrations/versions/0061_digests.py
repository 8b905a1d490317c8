"""Keep the digest of each day, and the posts that may stand in it."""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "digest",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("gathered_at", TIME, nullable=False),
        sa.Column("edited_by", BIG, nullable=True),
        sa.Column("editor", sa.String(), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("approved_by", BIG, nullable=True),
        sa.Column("published_at", TIME, nullable=True),
        sa.Column("article_id", BIG, nullable=True),
        sa.Column("note_id", BIG, nullable=True),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> edited_by", name=op.f("ck_digest_two_people")
        ),
        sa.CheckConstraint(
            "state <> 'out' OR approved_by IS NOT NULL", name=op.f("ck_digest_published_by_two")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["official.account_id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "day"),
    )
    op.create_index("ix_digest_day", "digest", ["day"])
    op.create_table(
        "digest_item",
        sa.Column("id", BIG, nullable=False),
        sa.Column("digest_id", BIG, nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("included", sa.Boolean(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("media_id", BIG, nullable=True),
        sa.Column("withdrawn_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest_id", "post_id"),
    )
    op.create_index("ix_digest_item_post_id", "digest_item", ["post_id"])


def downgrade() -> None:
    op.drop_table("digest_item")
    op.drop_table("digest")
