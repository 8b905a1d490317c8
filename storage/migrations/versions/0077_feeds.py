"""Keep which feeds official accounts post from, and what posted something."""

import sqlalchemy as sa
from alembic import op

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "feed",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("added_at", TIME, nullable=False),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("read_at", TIME, nullable=True),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("last_modified", sa.String(), nullable=False),
        sa.Column("failing_since", TIME, nullable=True),
        sa.Column("told_at", TIME, nullable=True),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["official.account_id"],
            name=op.f("fk_feed_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed")),
    )
    op.create_index("uq_feed_account_id_url", "feed", ["account_id", "url"], unique=True)
    op.create_index("ix_feed_next_at", "feed", ["next_at"])
    op.create_table(
        "feed_item",
        sa.Column("id", BIG, nullable=False),
        sa.Column("feed_id", BIG, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("post_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feed.id"], name=op.f("fk_feed_item_feed_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_item")),
    )
    op.create_index("uq_feed_item_feed_id_key", "feed_item", ["feed_id", "key"], unique=True)
    op.create_index("ix_feed_item_feed_id", "feed_item", ["feed_id", "id"])
    for column in (
        sa.Column("feeds_a_day", BIG, server_default="3", nullable=False),
        sa.Column("fed_on", sa.String(length=10), server_default="", nullable=False),
        sa.Column("fed", BIG, server_default="0", nullable=False),
    ):
        op.add_column("official", column)
    op.add_column(
        "post", sa.Column("posted_by", sa.String(length=16), server_default="", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("post", "posted_by")
    for name in ("fed", "fed_on", "feeds_a_day"):
        op.drop_column("official", name)
    op.drop_table("feed_item")
    op.drop_table("feed")
