"""Keep each member's letters as conversations, also those of before; and posts to come."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)

# Who wrote a letter, who is named in it, and whom it answers: those of this server.
LETTERS_OF_BEFORE = """
INSERT INTO letter (account_id, post_id)
SELECT DISTINCT account.id, post.id
FROM post
JOIN account ON account.domain = '' AND (
    account.id = post.account_id
    OR account.id = post.in_reply_to_account_id
    OR account.id IN (SELECT mention.account_id FROM mention WHERE mention.post_id = post.id)
)
WHERE post.visibility = 'direct'
"""


def upgrade() -> None:
    op.create_table(
        "letter",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_letter_account_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name="fk_letter_post_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "post_id", name="pk_letter"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_letter_post_id", "letter", ["post_id"])
    op.create_table(
        "conversation",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("thread_id", BIG, nullable=False),
        sa.Column("read_up_to", BIG, nullable=False),
        sa.Column("hidden_up_to", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name="fk_conversation_account_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "thread_id", name="pk_conversation"),
    )
    op.create_table(
        "scheduled_post",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=True),
        sa.Column("draft", JSON, nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("refused", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name="fk_scheduled_post_account_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_scheduled_post"),
    )
    op.create_index("ix_scheduled_post_account", "scheduled_post", ["account_id", "id"])
    op.execute(LETTERS_OF_BEFORE)


def downgrade() -> None:
    op.drop_table("scheduled_post")
    op.drop_table("conversation")
    op.drop_table("letter")
