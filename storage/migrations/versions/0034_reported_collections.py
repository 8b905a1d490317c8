"""Reports name collections, profiles say which tabs they have, pages lead to collections."""

import sqlalchemy as sa
from alembic import op

from storage.tables.base import Json

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

TABS = ("show_media", "show_media_replies", "show_featured")


def upgrade() -> None:
    op.add_column(
        "report", sa.Column("collection_ids", Json, server_default="[]", nullable=False)
    )
    for tab in TABS:
        op.add_column(
            "account", sa.Column(tab, sa.Boolean(), server_default=sa.true(), nullable=False)
        )
    op.create_index("ix_collection_url", "collection", ["url"])


def downgrade() -> None:
    op.drop_index("ix_collection_url", table_name="collection")
    for tab in TABS:
        op.drop_column("account", tab)
    op.drop_column("report", "collection_ids")
