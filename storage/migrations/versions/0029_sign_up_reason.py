"""Keep what somebody wrote who asks to become a member."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "member", sa.Column("sign_up_reason", sa.String(), server_default="", nullable=False)
    )


def downgrade() -> None:
    with op.batch_alter_table("member") as table:
        table.drop_column("sign_up_reason")
