"""Keep what official accounts are for: their charters."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "charter",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("goal", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("speakers", sa.String(), nullable=False),
        sa.Column("answered", sa.String(), nullable=False),
        sa.Column("hours", JSON, nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("forum", sa.String(16), nullable=False),
        sa.Column("approval", sa.String(16), nullable=False),
        sa.Column("records_class", sa.String(), nullable=False),
        sa.Column("languages", JSON, nullable=False),
        sa.Column("direct_messages", sa.Boolean(), nullable=False),
        sa.Column("review_by", sa.Date(), nullable=False),
        sa.Column("written_by", BIG, nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["official.account_id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "version"),
    )


def downgrade() -> None:
    op.drop_table("charter")
