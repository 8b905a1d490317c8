"""Keep announcements, who read them, and whom members recommend."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _of(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}"
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "announcement",
        sa.Column("id", BIG, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=True),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.Column("all_day", sa.Boolean(), nullable=False),
        sa.Column("created_by", BIG, nullable=True),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_announcement"),
    )
    op.create_table(
        "announcement_read",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("announcement_id", BIG, nullable=False),
        _of("announcement_read", "account_id", "account"),
        _of("announcement_read", "announcement_id", "announcement"),
        sa.PrimaryKeyConstraint("account_id", "announcement_id", name="pk_announcement_read"),
    )
    op.create_index(
        "ix_announcement_read_announcement_id", "announcement_read", ["announcement_id"]
    )
    op.create_table(
        "announcement_reaction",
        sa.Column("announcement_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _of("announcement_reaction", "announcement_id", "announcement"),
        _of("announcement_reaction", "account_id", "account"),
        sa.PrimaryKeyConstraint(
            "announcement_id", "account_id", "name", name="pk_announcement_reaction"
        ),
    )
    op.create_index(
        "ix_announcement_reaction_account_id", "announcement_reaction", ["account_id"]
    )
    op.create_table(
        "endorsement",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("target_id", BIG, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _of("endorsement", "account_id", "account"),
        _of("endorsement", "target_id", "account"),
        sa.PrimaryKeyConstraint("id", name="pk_endorsement"),
        sa.UniqueConstraint(
            "account_id", "target_id", name="uq_endorsement_account_id_target_id"
        ),
    )
    op.create_index("ix_endorsement_page", "endorsement", ["account_id", "id"])
    op.create_index("ix_endorsement_target_id", "endorsement", ["target_id"])


def downgrade() -> None:
    for table in ("endorsement", "announcement_reaction", "announcement_read", "announcement"):
        op.drop_table(table)
