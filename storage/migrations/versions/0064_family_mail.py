"""Keep which addresses official accounts' posts go to by e-mail."""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "family_mail",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=True),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("confirmed_at", TIME, nullable=True),
        sa.Column("told_until", sa.Date(), nullable=True),
        sa.Column("delivered_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_family_mail_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family_mail")),
        sa.UniqueConstraint("key", name=op.f("uq_family_mail_key")),
        sa.UniqueConstraint("hash", name=op.f("uq_family_mail_hash")),
        sa.UniqueConstraint("account_id", "email", name="uq_family_mail_account_id_email"),
    )
    op.create_index("ix_family_mail_told", "family_mail", ["account_id", "told_until"])
    op.create_index("ix_family_mail_email", "family_mail", ["email"])


def downgrade() -> None:
    op.drop_table("family_mail")
