"""Keep the figures of each year of official accounts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "year_review",
        sa.Column("year", BIG, autoincrement=False, nullable=False),
        sa.Column("review", JSON, nullable=False),
        sa.Column("draft_id", BIG, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("year", name="pk_year_review"),
    )


def downgrade() -> None:
    op.drop_table("year_review")
