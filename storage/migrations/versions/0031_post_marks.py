"""Find posts by what stands beside their text, and by who wrote them: make the index anew.

Posts are read a batch at a time, so that memory is bounded however many there are.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from storage.search_words import rewrite

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BATCH = 1000
SQLITE = (
    # Words are told apart before: all that is no space belongs to one.
    "CREATE VIRTUAL TABLE post_words_index USING fts5(words, content='post_words', "
    "content_rowid='post_id', prefix='3', "
    "tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* Co Pc'\")",
    "CREATE TRIGGER post_words_added AFTER INSERT ON post_words BEGIN "
    "INSERT INTO post_words_index (rowid, words) VALUES (new.post_id, new.words); END",
    "CREATE TRIGGER post_words_gone AFTER DELETE ON post_words BEGIN "
    "INSERT INTO post_words_index (post_words_index, rowid, words) "
    "VALUES ('delete', old.post_id, old.words); END",
)
SQLITE_BEFORE = (
    "CREATE VIRTUAL TABLE post_words_index USING fts5(words, content='post_words', "
    "content_rowid='post_id', tokenize='unicode61', prefix='3')",
    *SQLITE[1:],
)
POSTGRESQL = ("CREATE INDEX post_words_index ON post_words USING gin (words)",)
POSTGRESQL_BEFORE = (
    "CREATE INDEX post_words_index ON post_words "
    "USING gin (to_tsvector('simple'::regconfig, words))",
)


def upgrade() -> None:
    vector = sa.String().with_variant(postgresql.TSVECTOR(), "postgresql")
    _make(vector, SQLITE, POSTGRESQL)
    op.create_index(
        "ix_account_indexable",
        "account",
        ["id"],
        sqlite_where=sa.text("indexable IS 1"),
        postgresql_where=sa.text("indexable IS TRUE"),
    )
    connection = op.get_bind()
    post = sa.table("post", sa.column("id"), sa.column("boost_of_id"))
    last = 0
    while ids := list(
        connection.scalars(
            sa.select(post.c.id)
            .where(post.c.id > last, post.c.boost_of_id.is_(None))
            .order_by(post.c.id)
            .limit(BATCH)
        )
    ):
        last = ids[-1]
        rewrite(connection, ids)


def downgrade() -> None:
    op.drop_index("ix_account_indexable", table_name="account")
    _make(sa.String(), SQLITE_BEFORE, POSTGRESQL_BEFORE)


def _make(words: sa.types.TypeEngine[str], sqlite: tuple[str, ...], postgresql: tuple[str, ...]) -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    if on_sqlite:
        op.execute("DROP TABLE post_words_index")
    op.drop_table("post_words")
    op.create_table(
        "post_words",
        sa.Column("post_id", BIG, autoincrement=False, nullable=False),
        sa.Column("words", words, nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name=op.f("fk_post_words_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_post_words")),
    )
    for statement in sqlite if on_sqlite else postgresql:
        op.execute(statement)
