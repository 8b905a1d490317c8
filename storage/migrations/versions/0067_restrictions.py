"""Keep whose answers to official accounts wait for a time, and which answers wait."""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "restriction",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("post_uri", sa.String(), nullable=False),
        sa.Column("rule_code", sa.String(), nullable=False),
        sa.Column("rule_number", BIG, nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("days", BIG, nullable=False),
        sa.Column("asked_by", BIG, nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("approved_by", BIG, nullable=True),
        sa.Column("began_at", TIME, nullable=True),
        sa.Column("ends_at", TIME, nullable=True),
        sa.Column("told", sa.String(length=8), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=True),
        sa.Column("appealed_at", TIME, nullable=True),
        sa.Column("appeal", sa.String(), nullable=False),
        sa.Column("decided_by", BIG, nullable=True),
        sa.Column("decided_at", TIME, nullable=True),
        sa.Column("decision", sa.String(length=12), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("ended_because", sa.String(length=12), nullable=False),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> asked_by",
            name=op.f("ck_restriction_two_people"),
        ),
        sa.CheckConstraint(
            "(approved_by IS NULL) = (ends_at IS NULL)",
            name=op.f("ck_restriction_approved_before_it_holds"),
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR (decided_by <> asked_by AND decided_by <> approved_by)",
            name=op.f("ck_restriction_another_decides"),
        ),
        sa.CheckConstraint(
            "(decision = '') = (decided_by IS NULL)",
            name=op.f("ck_restriction_decided_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["official.account_id"],
            name=op.f("fk_restriction_account_id_official"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restriction")),
    )
    op.create_index(
        "uq_restriction_account_id_person_id",
        "restriction",
        ["account_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "queued_answer",
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("cause", sa.String(length=12), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("restriction_id", BIG, nullable=True),
        sa.Column("queued_at", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["official.account_id"],
            name=op.f("fk_queued_answer_account_id_official"),
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_queued_answer")),
    )
    op.create_index(
        "ix_queued_answer_account_id", "queued_answer", ["account_id", "ended_at", "queued_at"]
    )
    op.create_index("ix_queued_answer_restriction_id", "queued_answer", ["restriction_id"])
    op.add_column("post", sa.Column("waits_at", BIG, nullable=True))


def downgrade() -> None:
    op.drop_column("post", "waits_at")
    op.drop_table("queued_answer")
    op.drop_table("restriction")
