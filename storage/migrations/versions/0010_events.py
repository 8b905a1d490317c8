"""Add events and who comes to them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("show_end", sa.Boolean(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("zone_assumed", sa.Boolean(), nullable=False),
        sa.Column("floating", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("join_mode", sa.String(16), nullable=False),
        sa.Column("join_url", sa.String(), nullable=False),
        sa.Column("capacity", BIG, nullable=True),
        sa.Column("waitlist", sa.Boolean(), nullable=False),
        sa.Column("places", JSON, nullable=False),
        sa.Column("online_urls", JSON, nullable=False),
        sa.Column("website", sa.String(), nullable=False),
        sa.Column("categories", JSON, nullable=False),
        sa.Column("organizers", JSON, nullable=True),
        sa.Column("answerers", JSON, nullable=False),
        sa.Column("remaining", BIG, nullable=True),
        sa.Column("participants", BIG, nullable=True),
        sa.Column("going_count", BIG, nullable=False),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("remind", sa.Boolean(), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name="fk_event_post_id_post", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", name="pk_event"),
    )
    op.create_index("ix_event_ends_at", "event", ["ends_at", "starts_at"])
    op.create_table(
        "attendance",
        sa.Column("id", BIG, nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("uri", sa.String(), nullable=True),
        sa.Column("asked_by", sa.String(16), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name="fk_attendance_post_id_post", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name="fk_attendance_account_id_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_attendance"),
        sa.UniqueConstraint("post_id", "account_id", name="uq_attendance_post_id_account_id"),
    )
    op.create_index("ix_attendance_account_id", "attendance", ["account_id"])
    op.create_index("ix_attendance_uri", "attendance", ["uri"])
    op.create_index("ix_attendance_queue", "attendance", ["post_id", "state", "id"])


def downgrade() -> None:
    op.drop_table("attendance")
    op.drop_table("event")
