"""Keep how one writes for official accounts, and who accepted it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "conduct_guide",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("texts", JSON, nullable=False),
        sa.Column("written_by", BIG, nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["official.account_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "version"),
    )
    op.create_table(
        "conduct_acceptance",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["official.account_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "member_id", "version", "digest"),
    )


def downgrade() -> None:
    op.drop_table("conduct_acceptance")
    op.drop_table("conduct_guide")
