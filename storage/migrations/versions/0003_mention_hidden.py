"""Remember who was addressed without the others being told (bto, bcc)."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "mention",
        sa.Column("hidden", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
