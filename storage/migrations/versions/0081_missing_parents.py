"""Index only the answers whose question is not here, as nearly all posts are none."""

import sqlalchemy as sa
from alembic import op

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None

INDEX, MISSING = "ix_post_missing_parent", sa.text("in_reply_to_uri IS NOT NULL")


def upgrade() -> None:
    op.drop_index(INDEX, table_name="post")
    op.create_index(
        INDEX, "post", ["in_reply_to_uri"], sqlite_where=MISSING, postgresql_where=MISSING
    )


def downgrade() -> None:
    op.drop_index(INDEX, table_name="post")
    op.create_index(INDEX, "post", ["in_reply_to_uri"])
