"""Keep which letters by e-mail members chose."""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "mailing",
        sa.Column("id", BIG, nullable=False),
        sa.Column("member_id", BIG, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("every", sa.String(16), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("told_id", BIG, nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"],
            ["member.id"],
            name=op.f("fk_mailing_member_id_member"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailing")),
        sa.UniqueConstraint("key", name=op.f("uq_mailing_key")),
        sa.UniqueConstraint("member_id", "kind", name="uq_mailing_member_id_kind"),
    )


def downgrade() -> None:
    op.drop_table("mailing")
