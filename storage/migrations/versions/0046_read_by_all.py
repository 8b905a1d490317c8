"""End what blocks official accounts had set: nobody is kept from reading them."""

from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("block", "domain_mute"):
        op.execute(
            f"DELETE FROM {table} WHERE account_id IN (SELECT account_id FROM official)"
        )


def downgrade() -> None:
    """Nothing was changed but rows that must not be."""
