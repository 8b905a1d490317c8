"""Count what official accounts pass on in a day."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("official", sa.Column("boosts_a_day", BIG, nullable=False, server_default="3"))
    op.add_column(
        "official", sa.Column("boosts_on", sa.String(10), nullable=False, server_default="")
    )
    op.add_column("official", sa.Column("boosts", BIG, nullable=False, server_default="0"))


def downgrade() -> None:
    for name in ("boosts", "boosts_on", "boosts_a_day"):
        op.drop_column("official", name)
