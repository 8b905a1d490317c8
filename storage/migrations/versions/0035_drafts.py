"""Keep what members began to write."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=True),
        sa.Column("words", JSON, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_draft_account", "draft", ["account_id", "updated_at"])
    op.create_table(
        "draft_media",
        sa.Column("draft_id", BIG, nullable=False),
        sa.Column("media_id", BIG, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("draft_id", "media_id"),
    )
    op.create_index("ix_draft_media_media_id", "draft_media", ["media_id"])


def downgrade() -> None:
    op.drop_table("draft_media")
    op.drop_table("draft")
