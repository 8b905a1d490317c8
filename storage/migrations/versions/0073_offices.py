"""Keep which offices members hold, and what is said beside their names for it."""

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
HELD = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "office",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("label", sa.String(length=16), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("given_by", BIG, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("ended_by", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_office_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office")),
    )
    op.create_index(
        "uq_office_account_id",
        "office",
        ["account_id"],
        unique=True,
        sqlite_where=HELD,
        postgresql_where=HELD,
    )
    op.create_index("ix_office_account_id", "office", ["account_id"])
    op.add_column(
        "account", sa.Column("label", sa.String(length=16), server_default="", nullable=False)
    )
    op.add_column("account", sa.Column("office", sa.String(), server_default="", nullable=False))
    # Who acts for an official account speaks for themselves on their own one.
    op.execute(
        "UPDATE account SET label = 'personal' WHERE id IN (SELECT member.account_id "
        "FROM member JOIN delegation ON delegation.member_id = member.id "
        "WHERE delegation.ended_at IS NULL)"
    )


def downgrade() -> None:
    op.drop_column("account", "office")
    op.drop_column("account", "label")
    op.drop_table("office")
