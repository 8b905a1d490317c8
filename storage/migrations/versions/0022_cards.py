"""Make a place for pages that posts lead to."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "card",
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("image", sa.String(), nullable=True),
        sa.Column("image_alt", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("author_name", sa.String(), nullable=False),
        sa.Column("author_id", BIG, nullable=True),
        sa.Column("language", sa.String(35), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["account.id"], name=op.f("fk_card_author_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_card")),
    )
    op.add_column("post", sa.Column("card_url", sa.String(), nullable=True))
    op.create_index("ix_post_card_url", "post", ["card_url"])


def downgrade() -> None:
    op.drop_index("ix_post_card_url", table_name="post")
    op.drop_column("post", "card_url")
    op.drop_table("card")
