"""Keep by which words a post is found in the digests."""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0068"
branch_labels = None
depends_on = None

_WORD = re.compile(r"[^\W_]+")


def upgrade() -> None:
    op.add_column(
        "digest_item", sa.Column("words", sa.String(), nullable=False, server_default="")
    )
    item = sa.table(
        "digest_item",
        sa.column("id", sa.BigInteger()),
        *(sa.column(name, sa.String()) for name in ("name", "said", "line", "words")),
    )
    bind = op.get_bind()
    for row in bind.execute(sa.select(item.c.id, item.c.name, item.c.said, item.c.line)).all():
        letters = unicodedata.normalize("NFKD", f"{row.name} {row.said} {row.line}")
        bare = "".join(one for one in letters if not unicodedata.combining(one))
        words = "".join(f" {word[:64]}" for word in _WORD.findall(bare.casefold()))
        bind.execute(sa.update(item).where(item.c.id == row.id).values(words=words))


def downgrade() -> None:
    with op.batch_alter_table("digest_item") as batch:
        batch.drop_column("words")
