"""Find people and hashtags whether accents are typed or not."""

import sqlalchemy as sa
from alembic import op

from fedi_k12.domain.search_query import name_key, tag_beginning

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

BATCH = 1000


def upgrade() -> None:
    for table, source, kept, key in (
        ("account", "display_name", "name_key", name_key),
        ("tag", "name", "plain", tag_beginning),
    ):
        op.add_column(table, sa.Column(kept, sa.String(), nullable=False, server_default=""))
        rows = sa.table(table, *map(sa.column, ("id", source, kept)))
        change = (
            sa.update(rows)
            .where(rows.c.id == sa.bindparam("number"))
            .values({kept: sa.bindparam("key")})
        )
        connection = op.get_bind()
        last = 0
        while found := connection.execute(
            sa.select(rows.c.id, rows.c[source])
            .where(rows.c.id > last)
            .order_by(rows.c.id)
            .limit(BATCH)
        ).all():
            last = found[-1].id
            connection.execute(
                change, [{"number": number, "key": key(said)} for number, said in found]
            )
    op.create_index("ix_tag_plain", "tag", ["plain"])


def downgrade() -> None:
    op.drop_index("ix_tag_plain", table_name="tag")
    op.drop_column("tag", "plain")
    op.drop_column("account", "name_key")
