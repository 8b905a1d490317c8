"""Keep after how many hours an answer that nobody looked at is shown by itself."""

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("official", sa.Column("queue_hours", BIG, nullable=False, server_default="24"))


def downgrade() -> None:
    with op.batch_alter_table("official") as batch:
        batch.drop_column("queue_hours")
