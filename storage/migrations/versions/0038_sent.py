"""Keep for a while to which hosts posts were sent."""

import sqlalchemy as sa
from alembic import op

from storage.tables.base import Json

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sent",
        sa.Column("activity_id", BIG, nullable=False),
        sa.Column("object_key", sa.String(), nullable=False),
        sa.Column("hosts", Json, nullable=False),
        sa.Column("refused", Json, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_sent")),
    )
    op.create_index(op.f("ix_sent_object_key"), "sent", ["object_key"])
    op.create_index(op.f("ix_sent_created_at"), "sent", ["created_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_sent_created_at"), table_name="sent")
    op.drop_index(op.f("ix_sent_object_key"), table_name="sent")
    op.drop_table("sent")
