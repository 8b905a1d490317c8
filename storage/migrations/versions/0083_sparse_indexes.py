"""Index of posts only what they have: most answer, boost, quote and link to nothing.

An entry for nothing was written with each post, and SQLite preferred "boosts nothing" to the
index that holds the public posts of this server in order: it read all others, too.
"""

from alembic import op
from sqlalchemy import text

revision = "0083"
down_revision = "0082"
branch_labels = None
depends_on = None

SPARSE = {
    "ix_post_reply": "in_reply_to_id",
    "ix_post_boost": "boost_of_id",
    "ix_post_quote": "quote_of_id",
    "ix_post_card_url": "card_url",
}
LOCAL = "ix_post_public_local"
PUBLIC = "visibility = 'public' AND boost_of_id IS NULL AND "


def upgrade() -> None:
    for name, column in SPARSE.items():
        op.drop_index(name, table_name="post")
        held = text(f"{column} IS NOT NULL")
        op.create_index(name, "post", [column], sqlite_where=held, postgresql_where=held)
    op.drop_index(LOCAL, table_name="post")
    _local(["local", "id"], "local IS 1", "local IS TRUE")


def downgrade() -> None:
    op.drop_index(LOCAL, table_name="post")
    _local(["id"], "local", "local")
    for name, column in SPARSE.items():
        op.drop_index(name, table_name="post")
        op.create_index(name, "post", [column])


def _local(columns: list[str], on_sqlite: str, on_postgresql: str) -> None:
    op.create_index(
        LOCAL, "post", columns,
        sqlite_where=text(PUBLIC + on_sqlite), postgresql_where=text(PUBLIC + on_postgresql),
    )
