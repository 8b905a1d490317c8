"""Let collections be of other servers, and remember who asked and who agreed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)
ITEM = "collection_item"


def upgrade() -> None:
    op.add_column("account", sa.Column("featured_collections_uri", sa.String(), nullable=True))
    op.add_column("account", sa.Column("feature_policy", JSON, nullable=True))
    op.add_column("collection", sa.Column("url", sa.String(), nullable=True))
    op.add_column("collection", sa.Column("fetched_at", TIME, nullable=True))
    op.add_column(ITEM, sa.Column("uri", sa.String(), nullable=True))
    op.add_column(ITEM, sa.Column("request_uri", sa.String(), nullable=True))
    op.add_column(ITEM, sa.Column("stamp_uri", sa.String(), nullable=True))
    op.add_column(ITEM, sa.Column("checked_at", TIME, nullable=True))
    op.create_index("ix_collection_item_request_uri", ITEM, ["request_uri"])
    op.create_index("ix_collection_item_stamp_uri", ITEM, ["stamp_uri"])
    op.create_index("ix_collection_item_checked_at", ITEM, ["checked_at"])
    # Who is in a collection already agreed by letting themselves be found: now it is shown.
    op.execute(
        "UPDATE collection_item SET"
        " uri = (SELECT c.uri FROM collection c WHERE c.id = collection_item.collection_id)"
        " || '/items/' || CAST(id AS VARCHAR),"
        " stamp_uri = (SELECT a.uri FROM account a WHERE a.id = collection_item.account_id)"
        " || '/stamps/' || CAST(id AS VARCHAR)"
    )


def downgrade() -> None:
    for name in ("checked_at", "stamp_uri", "request_uri"):
        op.drop_index(f"ix_collection_item_{name}", table_name=ITEM)
    for name in ("checked_at", "stamp_uri", "request_uri", "uri"):
        op.drop_column(ITEM, name)
    op.drop_column("collection", "fetched_at")
    op.drop_column("collection", "url")
    op.drop_column("account", "feature_policy")
    op.drop_column("account", "featured_collections_uri")
