"""Keep which official accounts are classrooms, and which families a teacher let in."""

import sqlalchemy as sa
from alembic import op

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "classroom",
        sa.Column("account_id", BIG, autoincrement=False, nullable=False),
        sa.Column("local_only", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("told_at", TIME, nullable=True),
        sa.Column("archived_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["official.account_id"],
            name=op.f("fk_classroom_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_classroom")),
    )
    op.add_column("family_mail", sa.Column("approved_at", TIME, nullable=True))


def downgrade() -> None:
    op.drop_column("family_mail", "approved_at")
    op.drop_table("classroom")
