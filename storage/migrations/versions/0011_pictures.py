"""Make a place for other servers' pictures that stand in texts."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "picture",
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("small", sa.Boolean(), nullable=False),
        sa.Column("file", sa.String(), nullable=True),
        sa.Column("size", BIG, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_picture")),
    )
    op.create_index(op.f("ix_picture_host"), "picture", ["host"])


def downgrade() -> None:
    op.drop_index(op.f("ix_picture_host"), table_name="picture")
    op.drop_table("picture")
