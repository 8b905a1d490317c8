"""Keep the words of posts where searches find them; a later migration fills it."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SQLITE = (
    "CREATE VIRTUAL TABLE post_words_index USING fts5(words, content='post_words', "
    "content_rowid='post_id', tokenize='unicode61', prefix='3')",
    "CREATE TRIGGER post_words_added AFTER INSERT ON post_words BEGIN "
    "INSERT INTO post_words_index (rowid, words) VALUES (new.post_id, new.words); END",
    "CREATE TRIGGER post_words_gone AFTER DELETE ON post_words BEGIN "
    "INSERT INTO post_words_index (post_words_index, rowid, words) "
    "VALUES ('delete', old.post_id, old.words); END",
)
POSTGRESQL = (
    "CREATE INDEX post_words_index ON post_words "
    "USING gin (to_tsvector('simple'::regconfig, words))",
)


def upgrade() -> None:
    op.create_table(
        "post_words",
        sa.Column("post_id", BIG, autoincrement=False, nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_post_words_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_post_words")),
    )
    connection = op.get_bind()
    for statement in SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE post_words_index")
    op.drop_table("post_words")
