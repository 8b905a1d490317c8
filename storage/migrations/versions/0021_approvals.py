"""Make a place for quotes and answers that need somebody's word."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "approval",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("target_id", BIG, nullable=True),
        sa.Column("target_uri", sa.String(), nullable=False),
        sa.Column("interaction_id", BIG, nullable=True),
        sa.Column("interaction_uri", sa.String(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("request_uri", sa.String(), nullable=True),
        sa.Column("stamp_uri", sa.String(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_approval_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["target_id"],
            ["post.id"],
            name=op.f("fk_approval_target_id_post"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["interaction_id"],
            ["post.id"],
            name=op.f("fk_approval_interaction_id_post"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
        sa.UniqueConstraint(
            "kind", "interaction_uri", name=op.f("uq_approval_kind_interaction_uri")
        ),
    )
    for column in (
        "target_id", "interaction_id", "account_id", "request_uri", "stamp_uri", "checked_at"
    ):  # fmt: skip
        op.create_index(f"ix_approval_{column}", "approval", [column])
    op.add_column("post", sa.Column("reply_state", sa.String(16), nullable=True))
    op.create_index("ix_post_quote", "post", ["quote_of_id"])


def downgrade() -> None:
    op.drop_index("ix_post_quote", table_name="post")
    op.drop_column("post", "reply_state")
    op.drop_table("approval")
