"""Where accounts went, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("moved_to_uri", sa.String(), nullable=True))
    op.add_column("account", sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("account", "moved_at")
    op.drop_column("account", "moved_to_uri")
