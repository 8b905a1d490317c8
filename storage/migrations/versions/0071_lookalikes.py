"""Keep which accounts of other servers could be taken for official ones of this."""

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("account", sa.Column("resembles_id", BIG, nullable=True))


def downgrade() -> None:
    op.drop_column("account", "resembles_id")
