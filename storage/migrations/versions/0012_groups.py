"""Add groups: their moderators, bans, decisions, and posts that moderators took away."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _account(table: str, column: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_account"
    return sa.ForeignKeyConstraint([column], ["account.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.add_column("post", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_post_group",
        "post",
        ["group_id", "id"],
        sqlite_where=sa.text("group_id IS NOT NULL"),
        postgresql_where=sa.text("group_id IS NOT NULL"),
    )
    op.add_column(
        "follow",
        sa.Column("asked_by", sa.String(8), nullable=False, server_default="Follow"),
    )
    op.create_table(
        "group_profile",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("rules", sa.String(), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("moderators_uri", sa.String(), nullable=True),
        sa.Column("moderators_at", sa.DateTime(timezone=True), nullable=True),
        _account("group_profile", "account_id"),
        sa.PrimaryKeyConstraint("account_id", name="pk_group_profile"),
    )
    op.create_table(
        "group_moderator",
        sa.Column("group_id", BIG, nullable=False),
        sa.Column("account_uri", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _account("group_moderator", "group_id"),
        sa.PrimaryKeyConstraint("group_id", "account_uri", name="pk_group_moderator"),
    )
    op.create_index("ix_group_moderator_account_uri", "group_moderator", ["account_uri"])
    op.create_table(
        "group_ban",
        sa.Column("group_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _account("group_ban", "group_id"),
        _account("group_ban", "account_id"),
        sa.PrimaryKeyConstraint("group_id", "account_id", name="pk_group_ban"),
    )
    op.create_index("ix_group_ban_account_id", "group_ban", ["account_id"])
    op.create_table(
        "group_post",
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("group_id", BIG, nullable=False),
        sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name="fk_group_post_post_id_post", ondelete="CASCADE"
        ),
        _account("group_post", "group_id"),
        sa.PrimaryKeyConstraint("post_id", name="pk_group_post"),
    )
    op.create_index("ix_group_post_group_id", "group_post", ["group_id"])
    op.create_table(
        "group_log",
        sa.Column("id", BIG, nullable=False),
        sa.Column("group_id", BIG, nullable=False),
        sa.Column("moderator_uri", sa.String(), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("target_uri", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _account("group_log", "group_id"),
        sa.PrimaryKeyConstraint("id", name="pk_group_log"),
    )
    op.create_index("ix_group_log_group_id", "group_log", ["group_id", "id"])


def downgrade() -> None:
    for table in ("group_log", "group_post", "group_ban", "group_moderator", "group_profile"):
        op.drop_table(table)
    op.drop_column("follow", "asked_by")
    op.drop_index("ix_post_group", "post")
    op.drop_column("post", "removed_at")
