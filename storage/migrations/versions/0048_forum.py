"""Keep rules, the public log of moderation, and why a server is blocked."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "forum_rule",
        sa.Column("id", BIG, nullable=False),
        sa.Column("number", BIG, nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("written_by", BIG, nullable=False),
        sa.Column("written_at", TIME, nullable=False),
        sa.Column("approved_by", BIG, nullable=True),
        sa.Column("approved_at", TIME, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> written_by",
            name=op.f("ck_forum_rule_two_people"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_rule")),
        sa.UniqueConstraint("number", name=op.f("uq_forum_rule_number")),
    )
    op.create_table(
        "public_act",
        sa.Column("id", BIG, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("rule_code", sa.String(), nullable=False),
        sa.Column("rule_number", BIG, nullable=True),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("until", TIME, nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("appeal", sa.String(length=12), nullable=False),
        sa.Column("case_id", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_act")),
    )
    op.create_index("ix_public_act_case_id", "public_act", ["case_id"])
    op.create_table(
        "log_key",
        sa.Column("year", BIG, autoincrement=False, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_log_key")),
    )
    op.add_column(
        "host_policy",
        sa.Column("ground", sa.String(length=24), nullable=False, server_default=""),
    )


def downgrade() -> None:
    op.drop_column("host_policy", "ground")
    for table in ("log_key", "public_act", "forum_rule"):
        op.drop_table(table)
