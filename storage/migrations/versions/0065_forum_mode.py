"""Keep the forum mode of official accounts, and who asked for and approved a change."""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(
        "official",
        sa.Column(
            "forum_mode", sa.String(length=16), nullable=False, server_default="limited"
        ),
    )
    op.execute(
        "UPDATE official SET forum_mode = COALESCE((SELECT c.forum FROM charter c"
        " WHERE c.account_id = official.account_id ORDER BY c.version DESC LIMIT 1),"
        " 'limited')"
    )
    op.create_table(
        "forum_change",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("asked_by", BIG, nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("approved_by", BIG, nullable=True),
        sa.Column("approved_at", TIME, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> asked_by",
            name=op.f("ck_forum_change_two_people"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["official.account_id"],
            name=op.f("fk_forum_change_account_id_official"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_change")),
    )
    op.create_index(
        "uq_forum_change_account_id",
        "forum_change",
        ["account_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("forum_change")
    op.drop_column("official", "forum_mode")
