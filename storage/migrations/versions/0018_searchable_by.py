"""Remember who may find posts by their words."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "account",
        sa.Column("searchable_by", sa.String(16), server_default="", nullable=False),
    )
    op.add_column("post", sa.Column("searchable_by", sa.String(16), nullable=True))


def downgrade() -> None:
    op.drop_column("post", "searchable_by")
    op.drop_column("account", "searchable_by")
