"""Find members by school, subject and grade."""

import sqlalchemy as sa
from alembic import op

from fedi_k12.domain.facets import facets

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON()
BATCH = 500


def upgrade() -> None:
    op.create_table(
        "account_facet",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "kind", "key"),
    )
    op.create_index("ix_account_facet_key", "account_facet", ["kind", "key"])
    account = sa.table("account", sa.column("id"), sa.column("domain"), sa.column("fields", JSON))
    kept = sa.table("account_facet", *map(sa.column, ("account_id", "kind", "key", "word")))
    connection = op.get_bind()
    last = 0
    while found := connection.execute(
        sa.select(account.c.id, account.c.fields)
        .where(account.c.domain == "", account.c.id > last)
        .order_by(account.c.id)
        .limit(BATCH)
    ).all():
        last = found[-1].id
        rows = [
            {"account_id": number, "kind": one.kind, "key": one.key, "word": one.word}
            for number, fields in found
            for one in facets(
                (str(line.get("name", "")), str(line.get("source") or ""))
                for line in fields or []
            )
        ]
        if rows:
            connection.execute(sa.insert(kept), rows)


def downgrade() -> None:
    op.drop_table("account_facet")
