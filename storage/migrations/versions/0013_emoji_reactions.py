"""Make a place for emojis that people give posts."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "emoji_reaction",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("emoji", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("uri", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_emoji_reaction_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["post_id"],
            ["post.id"],
            name=op.f("fk_emoji_reaction_post_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emoji_reaction")),
        sa.UniqueConstraint(
            "account_id",
            "post_id",
            "emoji",
            name=op.f("uq_emoji_reaction_account_id_post_id_emoji"),
        ),
    )
    op.create_index(op.f("ix_emoji_reaction_post_id"), "emoji_reaction", ["post_id"])
    op.create_index(op.f("ix_emoji_reaction_uri"), "emoji_reaction", ["uri"])
    op.add_column(
        "favourite",
        sa.Column("by_emoji", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("favourite", "by_emoji")
    op.drop_index(op.f("ix_emoji_reaction_uri"), table_name="emoji_reaction")
    op.drop_index(op.f("ix_emoji_reaction_post_id"), table_name="emoji_reaction")
    op.drop_table("emoji_reaction")
