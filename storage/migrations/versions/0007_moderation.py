"""Keep reports, severed follows, first contacts, and files of other servers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:

    op.create_table(
        "first_contact",
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("left_out", BIG, nullable=False),
        sa.Column("decided_by", BIG, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("domain", name="pk_first_contact"),
    )
    op.create_index("ix_first_contact_state", "first_contact", ["state"], unique=False)
    op.create_table(
        "held",
        sa.Column("id", BIG, nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("actor_uri", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_held"),
    )
    op.create_index("ix_held_domain", "held", ["domain", "id"], unique=False)
    op.create_table(
        "remote_file",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_remote_file"),
    )
    op.create_index("ix_remote_file_host", "remote_file", ["host"], unique=False)
    op.create_index("ix_remote_file_used_at", "remote_file", ["used_at"], unique=False)
    op.create_table(
        "severance",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("follows", BIG, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_severance"),
    )
    op.create_index("ix_severance_target", "severance", ["kind", "target"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("id", BIG, nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_quarantine_account_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
    )
    op.create_index("ix_quarantine_url", "quarantine", ["url"], unique=False)
    op.create_table(
        "report",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("target_id", BIG, nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("uri", sa.String(), nullable=True),
        sa.Column("post_ids", JSON, nullable=False),
        sa.Column("context_uris", JSON, nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("rule_ids", JSON, nullable=False),
        sa.Column("forward", sa.Boolean(), nullable=False),
        sa.Column("forwarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assigned_id", BIG, nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by_id", BIG, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_report_account_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["assigned_id"], ["account.id"], name="fk_report_assigned_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["resolved_by_id"],
            ["account.id"],
            name="fk_report_resolved_by_id",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["account.id"], name="fk_report_target_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_report"),
    )
    op.create_index("ix_report_account", "report", ["account_id"], unique=False)
    op.create_index("ix_report_open", "report", ["resolved_at", "id"], unique=False)
    op.create_index("ix_report_target", "report", ["target_id"], unique=False)
    op.create_index("ix_report_uri", "report", ["uri"], unique=False)
    op.create_table(
        "severed_follow",
        sa.Column("id", BIG, nullable=False),
        sa.Column("severance_id", BIG, nullable=False),
        sa.Column("follower_id", BIG, nullable=False),
        sa.Column("target_id", BIG, nullable=False),
        sa.Column("local_account_id", BIG, nullable=False),
        sa.Column("follower_local", sa.Boolean(), nullable=False),
        sa.Column("uri", sa.String(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("show_boosts", sa.Boolean(), nullable=False),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("languages", JSON, nullable=True),
        sa.Column("followed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["follower_id"],
            ["account.id"],
            name="fk_severed_follow_follower_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["local_account_id"],
            ["account.id"],
            name="fk_severed_follow_local_account_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["severance_id"],
            ["severance.id"],
            name="fk_severed_follow_severance_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["target_id"],
            ["account.id"],
            name="fk_severed_follow_target_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_severed_follow"),
    )
    op.create_index(
        "ix_severed_follow_local",
        "severed_follow",
        ["local_account_id", "severance_id"],
        unique=False,
    )
    op.create_index(
        "ix_severed_follow_severance_id", "severed_follow", ["severance_id"], unique=False
    )
    op.create_table(
        "report_note",
        sa.Column("id", BIG, nullable=False),
        sa.Column("report_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name="fk_report_note_account_id",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name="fk_report_note_report_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_report_note"),
    )
    op.create_index("ix_report_note_report_id", "report_note", ["report_id"], unique=False)
    op.add_column(
        "account",
        sa.Column(
            "suspended_with_host", sa.Boolean(), server_default=sa.false(), nullable=False
        ),
    )
    op.add_column("host", sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "host_policy",
        sa.Column("no_followers_only", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "host_policy",
        sa.Column("direction", sa.String(length=4), server_default="both", nullable=False),
    )


def downgrade() -> None:

    with op.batch_alter_table("host_policy", schema=None) as batch_op:
        batch_op.drop_column("direction")
    with op.batch_alter_table("host_policy", schema=None) as batch_op:
        batch_op.drop_column("no_followers_only")
    with op.batch_alter_table("host", schema=None) as batch_op:
        batch_op.drop_column("paused_at")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_column("suspended_with_host")
    op.drop_index("ix_report_note_report_id", table_name="report_note")
    op.drop_table("report_note")
    op.drop_index("ix_severed_follow_severance_id", table_name="severed_follow")
    op.drop_index("ix_severed_follow_local", table_name="severed_follow")
    op.drop_table("severed_follow")
    op.drop_index("ix_report_uri", table_name="report")
    op.drop_index("ix_report_target", table_name="report")
    op.drop_index("ix_report_open", table_name="report")
    op.drop_index("ix_report_account", table_name="report")
    op.drop_table("report")
    op.drop_index("ix_quarantine_url", table_name="quarantine")
    op.drop_table("quarantine")
    op.drop_index("ix_severance_target", table_name="severance")
    op.drop_table("severance")
    op.drop_index("ix_remote_file_used_at", table_name="remote_file")
    op.drop_index("ix_remote_file_host", table_name="remote_file")
    op.drop_table("remote_file")
    op.drop_index("ix_held_domain", table_name="held")
    op.drop_table("held")
    op.drop_index("ix_first_contact_state", table_name="first_contact")
    op.drop_table("first_contact")
