"""Make room for films and sounds: what waits, why it failed, what is said in it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("media") as table:
        table.add_column(sa.Column("details", JSON, nullable=True))
        table.add_column(sa.Column("raw_file", sa.String(), nullable=True))
        table.add_column(sa.Column("failure", sa.String(), nullable=False, server_default=""))
        table.add_column(sa.Column("captions_file", sa.String(), nullable=True))
        table.add_column(sa.Column("captions_language", sa.String(), nullable=True))
    op.create_index(
        "ix_media_loose", "media", ["created_at"], sqlite_where=sa.text("post_id IS NULL"),
        postgresql_where=sa.text("post_id IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_media_loose", table_name="media")
    with op.batch_alter_table("media") as table:
        for name in ("captions_language", "captions_file", "failure", "raw_file", "details"):
            table.drop_column(name)
