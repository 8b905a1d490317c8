"""Make a place for second factors, and for sign-ins that wait for one."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "factor",
        sa.Column("id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("handle", sa.String(), nullable=True),
        sa.Column("counter", BIG, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name="fk_factor_member_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_factor"),
        sa.UniqueConstraint("handle", name="uq_factor_handle"),
    )
    op.create_index("ix_factor_member_id", "factor", ["member_id", "kind"])
    op.create_table(
        "challenge",
        sa.Column("id", BIG, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("purpose", sa.String(8), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("attempts", BIG, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name="fk_challenge_member_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_challenge"),
        sa.UniqueConstraint("hash", name="uq_challenge_hash"),
    )
    op.create_index("ix_challenge_member_id", "challenge", ["member_id"])


def downgrade() -> None:
    op.drop_table("challenge")
    op.drop_table("factor")
