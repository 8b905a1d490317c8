"""Keep that somebody looked at the pictures of an official account's post."""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "picture_check",
        sa.Column("post_id", BIG, autoincrement=False, nullable=False),
        sa.Column("focus", sa.String(length=16), nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_picture_check_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_picture_check")),
    )


def downgrade() -> None:
    op.drop_table("picture_check")
