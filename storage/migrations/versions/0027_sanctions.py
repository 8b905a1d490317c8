"""Remember gentler decisions about accounts, and what nobody signs up from."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(
        "account",
        sa.Column(
            "silenced_with_host", sa.Boolean(), server_default=sa.false(), nullable=False
        ),
    )
    op.add_column("account", sa.Column("sensitized_at", TIME, nullable=True))
    # Until now accounts were silenced with their hosts only.
    op.execute("UPDATE account SET silenced_with_host = true WHERE silenced_at IS NOT NULL")
    op.create_table(
        "email_domain_block",
        sa.Column("id", BIG, nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_email_domain_block"),
        sa.UniqueConstraint("domain", name="uq_email_domain_block_domain"),
    )
    op.create_table(
        "ip_block",
        sa.Column("id", BIG, nullable=False),
        sa.Column("network", sa.String(), nullable=False),
        sa.Column("severity", sa.String(32), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_ip_block"),
        sa.UniqueConstraint("network", name="uq_ip_block_network"),
    )
