"""Remember when a poll's results were sent and its end was told."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("poll") as batch:
        batch.add_column(
            sa.Column("results_due", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch.add_column(sa.Column("results_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("crowd_host", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("poll") as batch:
        for name in ("crowd_host", "ended_at", "results_at", "results_due"):
            batch.drop_column(name)
