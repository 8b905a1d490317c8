"""Keep what families ask to be taken down, and what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "take_down",
        sa.Column("id", BIG, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("who", sa.String(length=16), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("post_id", BIG, nullable=True),
        sa.Column("post_uri", sa.String(), nullable=False),
        sa.Column("author_id", BIG, nullable=True),
        sa.Column("held_at", TIME, nullable=True),
        sa.Column("hides", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("decided_at", TIME, nullable=True),
        sa.Column("decided_by", BIG, nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("asked", BIG, nullable=True),
        sa.Column("confirmed", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_take_down")),
    )
    op.create_index("ix_take_down_state", "take_down", ["state", "due_at"])


def downgrade() -> None:
    op.drop_table("take_down")
