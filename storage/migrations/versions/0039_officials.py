"""Name official accounts, and who acts for them."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "official",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("made_by", BIG, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "delegation",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("probationary", sa.Boolean(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("given_by", BIG, nullable=True),
        sa.Column("paused_at", TIME, nullable=True),
        sa.Column("paused_by", BIG, nullable=True),
        sa.Column("pause_reason", sa.String(), nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("ended_by", BIG, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["official.account_id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_delegation_account_id_member_id",
        "delegation",
        ["account_id", "member_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_delegation_member_id", "delegation", ["member_id"])
    # No face ever filled it.
    op.drop_table("acts_for")


def downgrade() -> None:
    op.create_table(
        "acts_for",
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member_id", "account_id"),
    )
    op.create_index("ix_acts_for_account_id", "acts_for", ["account_id"])
    op.drop_table("delegation")
    op.drop_table("official")
