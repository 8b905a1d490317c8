"""Say which keys may make proofs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("key", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("asserts", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    key = sa.table(
        "key", sa.column("kind"), sa.column("private_key"), sa.column("asserts", sa.Boolean())
    )
    ours = sa.and_(key.c.kind == "ed25519", key.c.private_key.is_not(None))
    op.execute(key.update().where(ours).values(asserts=True))


def downgrade() -> None:
    with op.batch_alter_table("key", schema=None) as batch_op:
        batch_op.drop_column("asserts")
