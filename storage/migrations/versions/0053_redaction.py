"""Say of a public copy whether files are left out, and whether it begins anew."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("files_withheld", "from_original"):
        op.add_column(
            "record_redaction",
            sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()),
        )


def downgrade() -> None:
    for name in ("files_withheld", "from_original"):
        op.drop_column("record_redaction", name)
