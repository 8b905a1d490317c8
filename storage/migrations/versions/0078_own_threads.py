"""Keep which charters let an account answer under its own posts only."""

import sqlalchemy as sa
from alembic import op

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "charter",
        sa.Column("own_threads", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    with op.batch_alter_table("charter") as batch:
        batch.drop_column("own_threads")
