"""Keep what official accounts said on X and Facebook before."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "past_archive",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("total", BIG, nullable=False),
        sa.Column("done", BIG, nullable=False),
        sa.Column("taken", BIG, nullable=False),
        sa.Column(
            "left_out",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
        ),
        sa.Column("first_at", TIME, nullable=True),
        sa.Column("last_at", TIME, nullable=True),
        sa.Column("member_id", BIG, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["official.account_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_past_archive_account_id", "past_archive", ["account_id"])
    op.create_table(
        "past_post",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("archive_id", BIG, nullable=False),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("hidden_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["official.account_id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["archive_id"], ["past_archive.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "source", "key"),
    )
    op.create_index("ix_past_post_account_id_at", "past_post", ["account_id", "at"])
    op.create_table(
        "past_picture",
        sa.Column("id", BIG, nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("preview_file", sa.String(), nullable=False),
        sa.Column("width", BIG, nullable=False),
        sa.Column("height", BIG, nullable=False),
        sa.Column("preview_width", BIG, nullable=False),
        sa.Column("preview_height", BIG, nullable=False),
        sa.Column("alt", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["past_post.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_past_picture_post_id", "past_picture", ["post_id"])
    op.create_index("ix_past_picture_file", "past_picture", ["file"])
    op.create_index("ix_past_picture_preview_file", "past_picture", ["preview_file"])


def downgrade() -> None:
    op.drop_table("past_picture")
    op.drop_table("past_post")
    op.drop_table("past_archive")
