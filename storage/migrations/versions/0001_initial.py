"""Make the first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", BIG, nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("username_key", sa.String(), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("handle_verified", sa.Boolean(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("note_source", sa.String(), nullable=False),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("emojis", JSON, nullable=False),
        sa.Column("avatar_file", sa.String(), nullable=True),
        sa.Column("avatar_remote_url", sa.String(), nullable=True),
        sa.Column("avatar_alt", sa.String(), nullable=False),
        sa.Column("header_file", sa.String(), nullable=True),
        sa.Column("header_remote_url", sa.String(), nullable=True),
        sa.Column("header_alt", sa.String(), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("discoverable", sa.Boolean(), nullable=False),
        sa.Column("indexable", sa.Boolean(), nullable=False),
        sa.Column("hide_collections", sa.Boolean(), nullable=False),
        sa.Column("memorial", sa.Boolean(), nullable=False),
        sa.Column("inbox", sa.String(), nullable=False),
        sa.Column("shared_inbox", sa.String(), nullable=True),
        sa.Column("outbox", sa.String(), nullable=True),
        sa.Column("followers_uri", sa.String(), nullable=True),
        sa.Column("following_uri", sa.String(), nullable=True),
        sa.Column("featured_uri", sa.String(), nullable=True),
        sa.Column("also_known_as", JSON, nullable=False),
        sa.Column("attribution_domains", JSON, nullable=False),
        sa.Column("moved_to_id", BIG, nullable=True),
        sa.Column("followers_count", BIG, nullable=False),
        sa.Column("following_count", BIG, nullable=False),
        sa.Column("posts_count", BIG, nullable=False),
        sa.Column("last_post_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("silenced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["moved_to_id"],
            ["account.id"],
            name=op.f("fk_account_moved_to_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("uri", name=op.f("uq_account_uri")),
    )
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.create_index("ix_account_host", ["host"], unique=False)
        batch_op.create_index(
            "ix_account_username_key_domain", ["username_key", "domain"], unique=False
        )
        batch_op.create_index(
            "uq_account_local_username",
            ["username_key"],
            unique=True,
            sqlite_where=sa.text("domain = ''"),
            postgresql_where=sa.text("domain = ''"),
        )

    op.create_table(
        "app",
        sa.Column("id", BIG, nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("client_secret_hash", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("website", sa.String(), nullable=True),
        sa.Column("redirect_uris", JSON, nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app")),
        sa.UniqueConstraint("client_id", name=op.f("uq_app_client_id")),
    )
    op.create_table(
        "audit",
        sa.Column("id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=True),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("target_kind", sa.String(), nullable=False),
        sa.Column("target_id", sa.String(), nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_target", ["target_kind", "target_id"], unique=False)

    op.create_table(
        "emoji",
        sa.Column("id", BIG, nullable=False),
        sa.Column("shortcode", sa.String(), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("uri", sa.String(), nullable=True),
        sa.Column("file", sa.String(), nullable=True),
        sa.Column("remote_url", sa.String(), nullable=True),
        sa.Column("visible", sa.Boolean(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emoji")),
    )
    with op.batch_alter_table("emoji", schema=None) as batch_op:
        batch_op.create_index("uq_emoji_shortcode_domain", ["shortcode", "domain"], unique=True)

    op.create_table(
        "host",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", BIG, nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_days", BIG, nullable=False),
        sa.Column("last_failing_day", sa.String(length=10), nullable=True),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unavailable_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clock_skew", BIG, nullable=False),
        sa.Column("capabilities", JSON, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_host")),
    )
    op.create_table(
        "host_policy",
        sa.Column("id", BIG, nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("reject_media", sa.Boolean(), nullable=False),
        sa.Column("reject_reports", sa.Boolean(), nullable=False),
        sa.Column("obfuscate", sa.Boolean(), nullable=False),
        sa.Column("public_comment", sa.String(), nullable=False),
        sa.Column("private_comment", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("created_by", BIG, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_host_policy")),
        sa.UniqueConstraint("domain", name=op.f("uq_host_policy_domain")),
    )
    op.create_table(
        "invite",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("created_by", BIG, nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("max_uses", BIG, nullable=True),
        sa.Column("uses", BIG, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invite")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_invite_code_hash")),
    )
    op.create_table(
        "job",
        sa.Column("id", BIG, nullable=False),
        sa.Column("lane", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("attempts", BIG, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dedupe_key", sa.String(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_job_dedupe_key")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index("ix_job_due", ["lane", "state", "due_at", "id"], unique=False)

    op.create_table(
        "rule",
        sa.Column("id", BIG, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("hint", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule")),
    )
    op.create_table(
        "seen",
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("uri", name=op.f("pk_seen")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("seen", schema=None) as batch_op:
        batch_op.create_index("ix_seen_at", ["at"], unique=False)

    op.create_table(
        "site",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", JSON, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_site")),
    )
    op.create_table(
        "tag",
        sa.Column("id", BIG, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("display", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("name", name=op.f("uq_tag_name")),
    )
    op.create_table(
        "tombstone",
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("account_uri", sa.String(), nullable=False),
        sa.Column("former_type", sa.String(length=32), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("local", sa.Boolean(), nullable=False),
        sa.Column("visibility", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("uri", name=op.f("pk_tombstone")),
    )
    op.create_table(
        "account_note",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("target_id", BIG, nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_account_note_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["target_id"],
            ["account.id"],
            name=op.f("fk_account_note_target_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "target_id", name=op.f("pk_account_note")),
    )
    with op.batch_alter_table("account_note", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_account_note_target_id"), ["target_id"], unique=False
        )

    op.create_table(
        "activity",
        sa.Column("id", BIG, nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("object_key", sa.String(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_activity_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
    )
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_activity_uri"), ["uri"], unique=False)

    op.create_table(
        "block",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("target_id", BIG, nullable=False),
        sa.Column("uri", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_block_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["account.id"], name=op.f("fk_block_target_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block")),
        sa.UniqueConstraint(
            "account_id", "target_id", name=op.f("uq_block_account_id_target_id")
        ),
    )
    with op.batch_alter_table("block", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_block_target_id"), ["target_id"], unique=False)

    op.create_table(
        "domain_mute",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_domain_mute_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_domain_mute")),
        sa.UniqueConstraint(
            "account_id", "domain", name=op.f("uq_domain_mute_account_id_domain")
        ),
    )
    op.create_table(
        "filter",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("contexts", JSON, nullable=False),
        sa.Column("action", sa.String(length=8), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_filter_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filter")),
    )
    with op.batch_alter_table("filter", schema=None) as batch_op:
        batch_op.create_index("ix_filter_account_id", ["account_id"], unique=False)

    op.create_table(
        "follow",
        sa.Column("id", BIG, nullable=False),
        sa.Column("follower_id", BIG, nullable=False),
        sa.Column("target_id", BIG, nullable=False),
        sa.Column("follower_local", sa.Boolean(), nullable=False),
        sa.Column("uri", sa.String(), nullable=True),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("show_boosts", sa.Boolean(), nullable=False),
        sa.Column("notify", sa.Boolean(), nullable=False),
        sa.Column("languages", JSON, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["follower_id"],
            ["account.id"],
            name=op.f("fk_follow_follower_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["account.id"], name=op.f("fk_follow_target_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow")),
        sa.UniqueConstraint(
            "follower_id", "target_id", name=op.f("uq_follow_follower_id_target_id")
        ),
    )
    with op.batch_alter_table("follow", schema=None) as batch_op:
        batch_op.create_index(
            "ix_follow_target", ["target_id", "accepted", "follower_local"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_follow_uri"), ["uri"], unique=False)

    op.create_table(
        "followed_tag",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("tag_id", BIG, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_followed_tag_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tag.id"], name=op.f("fk_followed_tag_tag_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followed_tag")),
        sa.UniqueConstraint(
            "account_id", "tag_id", name=op.f("uq_followed_tag_account_id_tag_id")
        ),
    )
    with op.batch_alter_table("followed_tag", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_followed_tag_tag_id"), ["tag_id"], unique=False)

    op.create_table(
        "idempotency",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_idempotency_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("pk_idempotency")),
    )
    op.create_table(
        "key",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("private_key", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_key_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key")),
        sa.UniqueConstraint("uri", name=op.f("uq_key_uri")),
    )
    with op.batch_alter_table("key", schema=None) as batch_op:
        batch_op.create_index("ix_key_account_id", ["account_id"], unique=False)

    op.create_table(
        "list",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("replies_policy", sa.String(length=16), nullable=False),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_list_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list")),
    )
    with op.batch_alter_table("list", schema=None) as batch_op:
        batch_op.create_index("ix_list_account_id", ["account_id"], unique=False)

    op.create_table(
        "marker",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("timeline", sa.String(length=16), nullable=False),
        sa.Column("last_read_id", BIG, nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_marker_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "timeline", name=op.f("pk_marker")),
    )
    op.create_table(
        "member",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("affiliation", sa.String(length=16), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("preferences", JSON, nullable=False),
        sa.Column("invite_id", BIG, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rules_accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_sign_ins", BIG, nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_member_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["invite_id"], ["invite.id"], name=op.f("fk_member_invite_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("account_id", name=op.f("uq_member_account_id")),
        sa.UniqueConstraint("email", name=op.f("uq_member_email")),
    )
    op.create_table(
        "mute",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("target_id", BIG, nullable=False),
        sa.Column("notifications", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_mute_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["target_id"], ["account.id"], name=op.f("fk_mute_target_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mute")),
        sa.UniqueConstraint(
            "account_id", "target_id", name=op.f("uq_mute_account_id_target_id")
        ),
    )
    with op.batch_alter_table("mute", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mute_target_id"), ["target_id"], unique=False)

    op.create_table(
        "post",
        sa.Column("id", BIG, nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("local", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("visibility", sa.String(length=16), nullable=False),
        sa.Column("local_only", sa.Boolean(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("content_map", JSON, nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("source_type", sa.String(length=32), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("in_reply_to_id", BIG, nullable=True),
        sa.Column("in_reply_to_account_id", BIG, nullable=True),
        sa.Column("in_reply_to_uri", sa.String(), nullable=True),
        sa.Column("thread_id", BIG, nullable=False),
        sa.Column("context_uri", sa.String(), nullable=True),
        sa.Column("boost_of_id", BIG, nullable=True),
        sa.Column("quote_of_id", BIG, nullable=True),
        sa.Column("quote_of_uri", sa.String(), nullable=True),
        sa.Column("quote_state", sa.String(length=16), nullable=True),
        sa.Column("group_id", BIG, nullable=True),
        sa.Column("application_id", BIG, nullable=True),
        sa.Column("author_member_id", BIG, nullable=True),
        sa.Column("emojis", JSON, nullable=False),
        sa.Column("interaction_policy", JSON, nullable=True),
        sa.Column("extra", JSON, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replies_count", BIG, nullable=False),
        sa.Column("boosts_count", BIG, nullable=False),
        sa.Column("favourites_count", BIG, nullable=False),
        sa.Column("quotes_count", BIG, nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_post_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["app.id"],
            name=op.f("fk_post_application_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["boost_of_id"], ["post.id"], name=op.f("fk_post_boost_of_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["account.id"], name=op.f("fk_post_group_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["in_reply_to_id"],
            ["post.id"],
            name=op.f("fk_post_in_reply_to_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["quote_of_id"], ["post.id"], name=op.f("fk_post_quote_of_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
        sa.UniqueConstraint("uri", name=op.f("uq_post_uri")),
    )
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.create_index("ix_post_account", ["account_id", "id"], unique=False)
        batch_op.create_index("ix_post_boost", ["boost_of_id"], unique=False)
        batch_op.create_index("ix_post_missing_parent", ["in_reply_to_uri"], unique=False)
        batch_op.create_index(
            "ix_post_public",
            ["id"],
            unique=False,
            sqlite_where=sa.text("visibility = 'public' AND boost_of_id IS NULL"),
            postgresql_where=sa.text("visibility = 'public' AND boost_of_id IS NULL"),
        )
        batch_op.create_index(
            "ix_post_public_local",
            ["id"],
            unique=False,
            sqlite_where=sa.text("visibility = 'public' AND boost_of_id IS NULL AND local"),
            postgresql_where=sa.text("visibility = 'public' AND boost_of_id IS NULL AND local"),
        )
        batch_op.create_index("ix_post_reply", ["in_reply_to_id"], unique=False)
        batch_op.create_index("ix_post_thread", ["thread_id", "id"], unique=False)
        batch_op.create_index(
            "uq_post_boost",
            ["account_id", "boost_of_id"],
            unique=True,
            sqlite_where=sa.text("boost_of_id IS NOT NULL"),
            postgresql_where=sa.text("boost_of_id IS NOT NULL"),
        )

    op.create_table(
        "thread_mute",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("thread_id", BIG, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_thread_mute_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "thread_id", name=op.f("pk_thread_mute")),
    )
    op.create_table(
        "acts_for",
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_acts_for_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_acts_for_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("member_id", "account_id", name=op.f("pk_acts_for")),
    )
    with op.batch_alter_table("acts_for", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_acts_for_account_id"), ["account_id"], unique=False
        )

    op.create_table(
        "bookmark",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_bookmark_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_bookmark_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookmark")),
        sa.UniqueConstraint(
            "account_id", "post_id", name=op.f("uq_bookmark_account_id_post_id")
        ),
    )
    with op.batch_alter_table("bookmark", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bookmark_post_id"), ["post_id"], unique=False)

    op.create_table(
        "delivery",
        sa.Column("id", BIG, nullable=False),
        sa.Column("activity_id", BIG, nullable=False),
        sa.Column("inbox", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("object_key", sa.String(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("attempts", BIG, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_status", BIG, nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["activity.id"],
            name=op.f("fk_delivery_activity_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_delivery_activity_id"), ["activity_id"], unique=False
        )
        batch_op.create_index("ix_delivery_due", ["state", "priority", "due_at", "id"], unique=False)
        batch_op.create_index("ix_delivery_host", ["host", "state"], unique=False)
        batch_op.create_index("ix_delivery_order", ["inbox", "object_key", "id"], unique=False)

    op.create_table(
        "favourite",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("uri", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_favourite_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_favourite_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_favourite")),
        sa.UniqueConstraint(
            "account_id", "post_id", name=op.f("uq_favourite_account_id_post_id")
        ),
    )
    with op.batch_alter_table("favourite", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_favourite_post_id"), ["post_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_favourite_uri"), ["uri"], unique=False)

    op.create_table(
        "filter_keyword",
        sa.Column("id", BIG, nullable=False),
        sa.Column("filter_id", BIG, nullable=False),
        sa.Column("keyword", sa.String(), nullable=False),
        sa.Column("whole_word", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["filter_id"],
            ["filter.id"],
            name=op.f("fk_filter_keyword_filter_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filter_keyword")),
    )
    with op.batch_alter_table("filter_keyword", schema=None) as batch_op:
        batch_op.create_index("ix_filter_keyword_filter_id", ["filter_id"], unique=False)

    op.create_table(
        "filter_post",
        sa.Column("id", BIG, nullable=False),
        sa.Column("filter_id", BIG, nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["filter_id"],
            ["filter.id"],
            name=op.f("fk_filter_post_filter_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_filter_post_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filter_post")),
        sa.UniqueConstraint(
            "filter_id", "post_id", name=op.f("uq_filter_post_filter_id_post_id")
        ),
    )
    with op.batch_alter_table("filter_post", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_filter_post_post_id"), ["post_id"], unique=False)

    op.create_table(
        "home_entry",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_home_entry_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_home_entry_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "post_id", name=op.f("pk_home_entry")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("home_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_home_entry_post_id"), ["post_id"], unique=False)

    op.create_table(
        "list_member",
        sa.Column("id", BIG, nullable=False),
        sa.Column("list_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_list_member_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["list.id"], name=op.f("fk_list_member_list_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_member")),
        sa.UniqueConstraint(
            "list_id", "account_id", name=op.f("uq_list_member_list_id_account_id")
        ),
    )
    with op.batch_alter_table("list_member", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_list_member_account_id"), ["account_id"], unique=False
        )

    op.create_table(
        "media",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("post_id", BIG, nullable=True),
        sa.Column("scheduled_id", BIG, nullable=True),
        sa.Column("position", BIG, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("mime_type", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=True),
        sa.Column("preview_file", sa.String(), nullable=True),
        sa.Column("remote_url", sa.String(), nullable=True),
        sa.Column("preview_remote_url", sa.String(), nullable=True),
        sa.Column("alt", sa.String(), nullable=False),
        sa.Column("credit", sa.String(), nullable=False),
        sa.Column("license_url", sa.String(), nullable=True),
        sa.Column("blurhash", sa.String(), nullable=True),
        sa.Column("width", BIG, nullable=True),
        sa.Column("height", BIG, nullable=True),
        sa.Column("preview_width", BIG, nullable=True),
        sa.Column("preview_height", BIG, nullable=True),
        sa.Column("focus_x", sa.Double(), nullable=False),
        sa.Column("focus_y", sa.Double(), nullable=False),
        sa.Column("duration", sa.Double(), nullable=True),
        sa.Column("size", BIG, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_media_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_media_post_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
    )
    with op.batch_alter_table("media", schema=None) as batch_op:
        batch_op.create_index("ix_media_post_id", ["post_id", "position"], unique=False)

    op.create_table(
        "mention",
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("silent", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_mention_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_mention_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "account_id", name=op.f("pk_mention")),
    )
    with op.batch_alter_table("mention", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mention_account_id"), ["account_id"], unique=False)

    op.create_table(
        "notification",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("from_id", BIG, nullable=False),
        sa.Column("post_id", BIG, nullable=True),
        sa.Column("group_key", sa.String(), nullable=True),
        sa.Column("filtered", sa.Boolean(), nullable=False),
        sa.Column("detail", JSON, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_notification_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["from_id"],
            ["account.id"],
            name=op.f("fk_notification_from_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_notification_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint(
            "account_id",
            "kind",
            "from_id",
            "post_id",
            name=op.f("uq_notification_account_id_kind_from_id_post_id"),
        ),
    )
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.create_index("ix_notification_account", ["account_id", "id"], unique=False)
        batch_op.create_index("ix_notification_post_id", ["post_id"], unique=False)

    op.create_table(
        "oauth_grant",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("app_id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("redirect_uri", sa.String(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("code_challenge", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_oauth_grant_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["app_id"], ["app.id"], name=op.f("fk_oauth_grant_app_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_oauth_grant_member_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_grant")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_oauth_grant_code_hash")),
    )
    with op.batch_alter_table("oauth_grant", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_oauth_grant_app_id"), ["app_id"], unique=False)

    op.create_table(
        "poll",
        sa.Column("id", BIG, nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("multiple", sa.Boolean(), nullable=False),
        sa.Column("hide_totals", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voters_count", BIG, nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_poll_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll")),
        sa.UniqueConstraint("post_id", name=op.f("uq_poll_post_id")),
    )
    op.create_table(
        "post_edit",
        sa.Column("id", BIG, nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=True),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("media", JSON, nullable=False),
        sa.Column("poll_options", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_post_edit_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_edit")),
    )
    with op.batch_alter_table("post_edit", schema=None) as batch_op:
        batch_op.create_index("ix_post_edit_post_id", ["post_id", "id"], unique=False)

    op.create_table(
        "post_tag",
        sa.Column("tag_id", BIG, nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_post_tag_post_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tag.id"], name=op.f("fk_post_tag_tag_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tag_id", "post_id", name=op.f("pk_post_tag")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("post_tag", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_post_tag_post_id"), ["post_id"], unique=False)

    op.create_table(
        "session",
        sa.Column("id", BIG, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("csrf", sa.String(), nullable=False),
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_session_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_session_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("hash", name=op.f("uq_session_hash")),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index("ix_session_member_id", ["member_id"], unique=False)

    op.create_table(
        "token",
        sa.Column("id", BIG, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("app_id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=True),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("grant_id", BIG, nullable=True),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_token_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["app_id"], ["app.id"], name=op.f("fk_token_app_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["member.id"], name=op.f("fk_token_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("hash", name=op.f("uq_token_hash")),
    )
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_token_app_id"), ["app_id"], unique=False)
        batch_op.create_index("ix_token_member_id", ["member_id"], unique=False)

    op.create_table(
        "poll_option",
        sa.Column("poll_id", BIG, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("votes_count", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["poll_id"], ["poll.id"], name=op.f("fk_poll_option_poll_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("poll_id", "position", name=op.f("pk_poll_option")),
    )
    op.create_table(
        "poll_vote",
        sa.Column("poll_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("uri", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_poll_vote_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["poll_id"], ["poll.id"], name=op.f("fk_poll_vote_poll_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("poll_id", "account_id", "position", name=op.f("pk_poll_vote")),
    )
    with op.batch_alter_table("poll_vote", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_poll_vote_account_id"), ["account_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("poll_vote", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_poll_vote_account_id"))

    op.drop_table("poll_vote")
    op.drop_table("poll_option")
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.drop_index("ix_token_member_id")
        batch_op.drop_index(batch_op.f("ix_token_app_id"))

    op.drop_table("token")
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_index("ix_session_member_id")

    op.drop_table("session")
    with op.batch_alter_table("post_tag", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_post_tag_post_id"))

    op.drop_table("post_tag")
    with op.batch_alter_table("post_edit", schema=None) as batch_op:
        batch_op.drop_index("ix_post_edit_post_id")

    op.drop_table("post_edit")
    op.drop_table("poll")
    with op.batch_alter_table("oauth_grant", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_oauth_grant_app_id"))

    op.drop_table("oauth_grant")
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.drop_index("ix_notification_post_id")
        batch_op.drop_index("ix_notification_account")

    op.drop_table("notification")
    with op.batch_alter_table("mention", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mention_account_id"))

    op.drop_table("mention")
    with op.batch_alter_table("media", schema=None) as batch_op:
        batch_op.drop_index("ix_media_post_id")

    op.drop_table("media")
    with op.batch_alter_table("list_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_list_member_account_id"))

    op.drop_table("list_member")
    with op.batch_alter_table("home_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_home_entry_post_id"))

    op.drop_table("home_entry")
    with op.batch_alter_table("filter_post", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_filter_post_post_id"))

    op.drop_table("filter_post")
    with op.batch_alter_table("filter_keyword", schema=None) as batch_op:
        batch_op.drop_index("ix_filter_keyword_filter_id")

    op.drop_table("filter_keyword")
    with op.batch_alter_table("favourite", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_favourite_uri"))
        batch_op.drop_index(batch_op.f("ix_favourite_post_id"))

    op.drop_table("favourite")
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index("ix_delivery_order")
        batch_op.drop_index("ix_delivery_host")
        batch_op.drop_index("ix_delivery_due")
        batch_op.drop_index(batch_op.f("ix_delivery_activity_id"))

    op.drop_table("delivery")
    with op.batch_alter_table("bookmark", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bookmark_post_id"))

    op.drop_table("bookmark")
    with op.batch_alter_table("acts_for", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_acts_for_account_id"))

    op.drop_table("acts_for")
    op.drop_table("thread_mute")
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_post_boost",
            sqlite_where=sa.text("boost_of_id IS NOT NULL"),
            postgresql_where=sa.text("boost_of_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_post_thread")
        batch_op.drop_index("ix_post_reply")
        batch_op.drop_index(
            "ix_post_public_local",
            sqlite_where=sa.text("visibility = 'public' AND boost_of_id IS NULL AND local"),
            postgresql_where=sa.text("visibility = 'public' AND boost_of_id IS NULL AND local"),
        )
        batch_op.drop_index(
            "ix_post_public",
            sqlite_where=sa.text("visibility = 'public' AND boost_of_id IS NULL"),
            postgresql_where=sa.text("visibility = 'public' AND boost_of_id IS NULL"),
        )
        batch_op.drop_index("ix_post_missing_parent")
        batch_op.drop_index("ix_post_boost")
        batch_op.drop_index("ix_post_account")

    op.drop_table("post")
    with op.batch_alter_table("mute", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mute_target_id"))

    op.drop_table("mute")
    op.drop_table("member")
    op.drop_table("marker")
    with op.batch_alter_table("list", schema=None) as batch_op:
        batch_op.drop_index("ix_list_account_id")

    op.drop_table("list")
    with op.batch_alter_table("key", schema=None) as batch_op:
        batch_op.drop_index("ix_key_account_id")

    op.drop_table("key")
    op.drop_table("idempotency")
    with op.batch_alter_table("followed_tag", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_followed_tag_tag_id"))

    op.drop_table("followed_tag")
    with op.batch_alter_table("follow", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_follow_uri"))
        batch_op.drop_index("ix_follow_target")

    op.drop_table("follow")
    with op.batch_alter_table("filter", schema=None) as batch_op:
        batch_op.drop_index("ix_filter_account_id")

    op.drop_table("filter")
    op.drop_table("domain_mute")
    with op.batch_alter_table("block", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_block_target_id"))

    op.drop_table("block")
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_activity_uri"))

    op.drop_table("activity")
    with op.batch_alter_table("account_note", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_note_target_id"))

    op.drop_table("account_note")
    op.drop_table("tombstone")
    op.drop_table("tag")
    op.drop_table("site")
    with op.batch_alter_table("seen", schema=None) as batch_op:
        batch_op.drop_index("ix_seen_at")

    op.drop_table("seen")
    op.drop_table("rule")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index("ix_job_due")

    op.drop_table("job")
    op.drop_table("invite")
    op.drop_table("host_policy")
    op.drop_table("host")
    with op.batch_alter_table("emoji", schema=None) as batch_op:
        batch_op.drop_index("uq_emoji_shortcode_domain")

    op.drop_table("emoji")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_target")

    op.drop_table("audit")
    op.drop_table("app")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_account_local_username",
            sqlite_where=sa.text("domain = ''"),
            postgresql_where=sa.text("domain = ''"),
        )
        batch_op.drop_index("ix_account_username_key_domain")
        batch_op.drop_index("ix_account_host")

    op.drop_table("account")
