"""Keep what waits for a second person before an official account says it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "submission",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("author_member_id", BIG, nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("target_id", BIG, nullable=True),
        sa.Column("scheduled_id", BIG, nullable=True),
        sa.Column("post_id", BIG, nullable=True),
        sa.Column("draft", JSON, nullable=True),
        sa.Column("detail", JSON, nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.Column("approved_by", BIG, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> author_member_id",
            name="ck_submission_two_people",
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'published') OR approved_by IS NOT NULL",
            name="ck_submission_published_by_two",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["official.account_id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "account_id",
            "author_member_id",
            "idempotency_key",
            name="uq_submission_account_id_author_member_id_idempotency_key",
        ),
    )
    op.create_index("ix_submission_account_id_state", "submission", ["account_id", "state"])
    op.create_index("ix_submission_scheduled_id", "submission", ["scheduled_id"])
    op.create_table(
        "submission_step",
        sa.Column("id", BIG, nullable=False),
        sa.Column("submission_id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("did", sa.String(16), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("draft", JSON, nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_submission_step_submission_id", "submission_step", ["submission_id", "id"]
    )
    op.add_column("media", sa.Column("submission_id", BIG, nullable=True))
    op.add_column(
        "official",
        sa.Column("approval", sa.String(16), nullable=False, server_default="all"),
    )


def downgrade() -> None:
    op.drop_column("official", "approval")
    op.drop_column("media", "submission_id")
    op.drop_table("submission_step")
    op.drop_table("submission")
