"""Let a profile be changed at once in an emergency: no post comes of it."""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def two_people() -> sa.CheckConstraint:
    """Return the check that has to be said again where SQLite makes the table anew."""
    return sa.CheckConstraint(
        "reviewed_by IS NULL OR reviewed_by <> member_id",
        name=op.f("ck_break_glass_two_people"),
    )


def upgrade() -> None:
    with op.batch_alter_table("break_glass", table_args=(two_people(),)) as table:
        table.alter_column("post_id", existing_type=BIG, nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM break_glass WHERE post_id IS NULL")
    with op.batch_alter_table("break_glass", table_args=(two_people(),)) as table:
        table.alter_column("post_id", existing_type=BIG, nullable=False)
