"""Keep alerts, what they are made of, and who may raise them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "alert_raiser",
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("given_by", BIG, nullable=True),
        sa.Column("given_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member_id"),
    )
    op.create_table(
        "alert_template",
        sa.Column("id", BIG, nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("texts", JSON, nullable=False),
        sa.Column("written_by", BIG, nullable=False),
        sa.Column("written_at", TIME, nullable=False),
        sa.Column("approved_by", BIG, nullable=True),
        sa.Column("approved_at", TIME, nullable=True),
        sa.Column("retired_at", TIME, nullable=True),
        sa.Column("replaces_id", BIG, nullable=True),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> written_by",
            name=op.f("ck_alert_template_two_people"),
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "alert",
        sa.Column("id", BIG, nullable=False),
        sa.Column("chain_id", BIG, nullable=False),
        sa.Column("follows_id", BIG, nullable=True),
        sa.Column("template_id", BIG, nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("texts", JSON, nullable=False),
        sa.Column("starts_at", TIME, nullable=False),
        sa.Column("ends_at", TIME, nullable=False),
        sa.Column("over_at", TIME, nullable=True),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("announcement_id", BIG, nullable=False),
        sa.Column("raised_by", BIG, nullable=False),
        sa.Column("raised_at", TIME, nullable=False),
        sa.Column("reviewed_by", BIG, nullable=True),
        sa.Column("reviewed_at", TIME, nullable=True),
        sa.Column("review_note", sa.String(), nullable=False),
        sa.CheckConstraint(
            "reviewed_by IS NULL OR reviewed_by <> raised_by",
            name=op.f("ck_alert_two_people"),
        ),
        sa.ForeignKeyConstraint(["follows_id"], ["alert.id"]),
        sa.ForeignKeyConstraint(["template_id"], ["alert_template.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("follows_id"),
    )
    op.create_index("ix_alert_over_at", "alert", ["over_at"])
    op.create_index("ix_alert_chain_id", "alert", ["chain_id"])


def downgrade() -> None:
    op.drop_table("alert")
    op.drop_table("alert_template")
    op.drop_table("alert_raiser")
