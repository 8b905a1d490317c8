"""Keep which hashtags are the district's, their stewards, and who is known to be staff."""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "owned_tag",
        sa.Column("tag_id", BIG, autoincrement=False, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("made_by", BIG, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tag.id"], name=op.f("fk_owned_tag_tag_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_owned_tag_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tag_id", name=op.f("pk_owned_tag")),
        sa.UniqueConstraint("account_id", name=op.f("uq_owned_tag_account_id")),
    )
    op.create_table(
        "tag_steward",
        sa.Column("tag_id", BIG, autoincrement=False, nullable=False),
        sa.Column("account_id", BIG, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["tag_id"],
            ["owned_tag.tag_id"],
            name=op.f("fk_tag_steward_tag_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_tag_steward_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tag_id", "account_id", name=op.f("pk_tag_steward")),
    )
    op.create_index("ix_tag_steward_account_id", "tag_steward", ["account_id"])
    op.create_table(
        "tag_removal",
        sa.Column("tag_id", BIG, autoincrement=False, nullable=False),
        sa.Column("post_id", BIG, autoincrement=False, nullable=False),
        sa.Column("rule_code", sa.String(length=32), nullable=False),
        sa.Column("rule_number", BIG, nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("by", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["tag_id"],
            ["owned_tag.tag_id"],
            name=op.f("fk_tag_removal_tag_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_tag_removal_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tag_id", "post_id", name=op.f("pk_tag_removal")),
    )
    op.create_index("ix_tag_removal_post_id", "tag_removal", ["post_id"])
    op.add_column("member", sa.Column("staff_since", TIME, nullable=True))
    # Roles are given by those who run the place, and only the operator makes members who never
    # read the rules at the door. An invitation may have been passed on. Who let others in is
    # not kept.
    op.execute(
        "UPDATE member SET staff_since = approved_at WHERE affiliation = 'staff' "
        "AND (role <> 'member' OR rules_accepted_at IS NULL)"
    )


def downgrade() -> None:
    op.drop_column("member", "staff_since")
    op.drop_table("tag_removal")
    op.drop_table("tag_steward")
    op.drop_table("owned_tag")
