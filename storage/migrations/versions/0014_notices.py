"""Remember whom members want to be told of, and find notices by their group."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _of(table: str, column: str, target: str, gone: str = "CASCADE") -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}"
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=gone)


def upgrade() -> None:
    op.create_table(
        "notification_policy",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("for_not_following", sa.String(8), nullable=False),
        sa.Column("for_not_followers", sa.String(8), nullable=False),
        sa.Column("for_new_accounts", sa.String(8), nullable=False),
        sa.Column("for_private_mentions", sa.String(8), nullable=False),
        sa.Column("for_limited_accounts", sa.String(8), nullable=False),
        _of("notification_policy", "account_id", "account"),
        sa.PrimaryKeyConstraint("account_id", name="pk_notification_policy"),
    )
    op.create_table(
        "notification_request",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("from_id", BIG, nullable=False),
        sa.Column("last_post_id", BIG, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        _of("notification_request", "account_id", "account"),
        _of("notification_request", "from_id", "account"),
        _of("notification_request", "last_post_id", "post", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_notification_request"),
        sa.UniqueConstraint(
            "account_id", "from_id", name="uq_notification_request_account_id_from_id"
        ),
    )
    op.create_index(
        "ix_notification_request_page", "notification_request", ["account_id", "id"]
    )
    for column in ("from_id", "last_post_id"):
        op.create_index(
            f"ix_notification_request_{column}", "notification_request", [column]
        )
    op.create_table(
        "notification_permission",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("from_id", BIG, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _of("notification_permission", "account_id", "account"),
        _of("notification_permission", "from_id", "account"),
        sa.PrimaryKeyConstraint("account_id", "from_id", name="pk_notification_permission"),
    )
    op.create_index(
        "ix_notification_permission_from_id", "notification_permission", ["from_id"]
    )
    op.create_index(
        "ix_notification_group", "notification", ["account_id", "group_key", "id"]
    )


def downgrade() -> None:
    op.drop_index("ix_notification_group", table_name="notification")
    op.drop_table("notification_permission")
    op.drop_table("notification_request")
    op.drop_table("notification_policy")
