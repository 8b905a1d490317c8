"""Remember what is fetched of threads and profiles, and featured hashtags."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("post", sa.Column("conversation", sa.String(), nullable=True))
    # What was kept as a context and is no address is what older servers call a conversation.
    op.execute(
        "UPDATE post SET conversation = context_uri, context_uri = NULL "
        "WHERE context_uri NOT LIKE 'http%'"
    )
    op.add_column("account", sa.Column("featured_tags_uri", sa.String(), nullable=True))
    op.create_table(
        "post_origin",
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("likes", BIG, nullable=True),
        sa.Column("shares", BIG, nullable=True),
        sa.Column("replies", BIG, nullable=True),
        sa.Column("fetched_at", MOMENT, nullable=False),
        sa.Column("missing_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name="fk_post_origin_post_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", name="pk_post_origin"),
    )
    op.create_table(
        "backfill",
        sa.Column("id", BIG, nullable=False),
        sa.Column("thread_id", BIG, nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("found", BIG, nullable=False),
        sa.Column("progress", JSON, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_backfill"),
        sa.UniqueConstraint("thread_id", name="uq_backfill_thread_id"),
    )
    op.create_index("ix_backfill_finished_at", "backfill", ["finished_at"])
    op.create_table(
        "profile_fetch",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("posts_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_profile_fetch_account_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", name="pk_profile_fetch"),
    )
    op.create_table(
        "featured_tag",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("tag_id", BIG, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_featured_tag_account_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tag.id"], name="fk_featured_tag_tag_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_featured_tag"),
        sa.UniqueConstraint("account_id", "tag_id", name="uq_featured_tag_account_id_tag_id"),
    )
    op.create_index("ix_featured_tag_tag_id", "featured_tag", ["tag_id"])


def downgrade() -> None:
    op.drop_table("featured_tag")
    op.drop_table("profile_fetch")
    op.drop_table("backfill")
    op.drop_table("post_origin")
    op.drop_column("account", "featured_tags_uri")
    op.drop_column("post", "conversation")
