"""Keep which worker has taken a job or a delivery, to know what died with it."""

import sqlalchemy as sa
from alembic import op

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("job", "delivery"):
        op.add_column(table, sa.Column("worker", sa.Integer(), nullable=True))


def downgrade() -> None:
    for table in ("delivery", "job"):
        op.drop_column(table, "worker")
