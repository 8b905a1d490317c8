"""Keep which answers to official accounts are hidden, under which rule, and what came of it."""

import sqlalchemy as sa
from alembic import op

from storage.tables.base import Json

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "hidden_answer",
        sa.Column("id", BIG, nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("post_uri", sa.String(), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("author_id", BIG, nullable=False),
        sa.Column("rule_code", sa.String(), nullable=False),
        sa.Column("rule_number", BIG, nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("hidden_by", BIG, nullable=False),
        sa.Column("hidden_at", TIME, nullable=False),
        sa.Column("told", sa.String(length=8), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=True),
        sa.Column("appealed_at", TIME, nullable=True),
        sa.Column("appeal", sa.String(), nullable=False),
        sa.Column("decided_by", BIG, nullable=True),
        sa.Column("decided_at", TIME, nullable=True),
        sa.Column("decision", sa.String(length=12), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("shown_at", TIME, nullable=True),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> hidden_by",
            name=op.f("ck_hidden_answer_two_people"),
        ),
        sa.CheckConstraint(
            "(decision = '') = (decided_by IS NULL)",
            name=op.f("ck_hidden_answer_decided_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["official.account_id"],
            name=op.f("fk_hidden_answer_account_id_official"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hidden_answer")),
    )
    op.create_index(
        "uq_hidden_answer_post_id",
        "hidden_answer",
        ["post_id"],
        unique=True,
        sqlite_where=sa.text("shown_at IS NULL"),
        postgresql_where=sa.text("shown_at IS NULL"),
    )
    op.create_index("ix_hidden_answer_account_id", "hidden_answer", ["account_id"])
    op.add_column("post", sa.Column("hidden", Json, nullable=True))


def downgrade() -> None:
    op.drop_column("post", "hidden")
    op.drop_table("hidden_answer")
