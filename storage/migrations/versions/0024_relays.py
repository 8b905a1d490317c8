"""Make a place for relays."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "relay",
        sa.Column("id", BIG, nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("style", sa.String(8), nullable=False),
        sa.Column("inbox", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("actor_uri", sa.String(), nullable=True),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("follow_uri", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay")),
        sa.UniqueConstraint("address", name=op.f("uq_relay_address")),
        sa.UniqueConstraint("follow_uri", name=op.f("uq_relay_follow_uri")),
    )
    op.create_index(op.f("ix_relay_host"), "relay", ["host"])


def downgrade() -> None:
    op.drop_index(op.f("ix_relay_host"), table_name="relay")
    op.drop_table("relay")
