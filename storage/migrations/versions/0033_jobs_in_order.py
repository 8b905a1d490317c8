"""Keep the order of jobs that tell others of one thing."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("about", sa.String(), nullable=True))
    told = sa.text("about IS NOT NULL")
    op.create_index(
        "ix_job_about", "job", ["about", "id"], sqlite_where=told, postgresql_where=told
    )


def downgrade() -> None:
    op.drop_index("ix_job_about", table_name="job")
    op.drop_column("job", "about")
