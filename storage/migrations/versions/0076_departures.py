"""Keep which members leave the district, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "departure",
        sa.Column("member_id", BIG, autoincrement=False, nullable=False),
        sa.Column("noted_at", TIME, nullable=False),
        sa.Column("noted_by", BIG, nullable=True),
        sa.Column("leaves_at", TIME, nullable=False),
        sa.Column("closes_at", TIME, nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("told", BIG, nullable=False),
        sa.Column("left_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_departure_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_departure")),
    )


def downgrade() -> None:
    op.drop_table("departure")
