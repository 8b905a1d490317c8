"""Keep what reaches official accounts, and what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "desk_case",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("thread_id", BIG, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("waiting_since", TIME, nullable=False),
        sa.Column("assigned_to", BIG, nullable=True),
        sa.Column("assigned_handle", sa.String(), nullable=False),
        sa.Column("answer_id", BIG, nullable=True),
        sa.Column("answered_handle", sa.String(), nullable=False),
        sa.Column("answered_at", TIME, nullable=True),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["official.account_id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "account_id",
            "person_id",
            "thread_id",
            name="uq_desk_case_account_id_person_id_thread_id",
        ),
    )
    op.create_index(
        "ix_desk_case_account_id_state",
        "desk_case",
        ["account_id", "state", "waiting_since"],
    )
    op.create_table(
        "desk_message",
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("arrived_at", TIME, nullable=False),
        sa.Column("gone_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["desk_case.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case_id", "post_id"),
    )
    op.create_index("ix_desk_message_post_id", "desk_message", ["post_id"])
    op.create_table(
        "desk_step",
        sa.Column("id", BIG, nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("did", sa.String(16), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["desk_case.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_desk_step_case_id", "desk_step", ["case_id", "id"])


def downgrade() -> None:
    op.drop_table("desk_step")
    op.drop_table("desk_message")
    op.drop_table("desk_case")
