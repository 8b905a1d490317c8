"""Keep links of the web, and notes and tags of what is saved."""

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for name in ("note", "tags"):
        op.add_column(
            "bookmark", sa.Column(name, sa.String(), nullable=False, server_default="")
        )
    op.create_table(
        "link",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("url", "title", "note", "tags")
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_link_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        sa.UniqueConstraint("account_id", "url", name=op.f("uq_link_account_id_url")),
    )


def downgrade() -> None:
    op.drop_table("link")
    with op.batch_alter_table("bookmark") as batch:
        for name in ("tags", "note"):
            batch.drop_column(name)
