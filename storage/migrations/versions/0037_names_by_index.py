"""Find people by an index: by the beginning of their handle, and by the words of their name."""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

SQLITE = (
    # Words are told apart before: all that is no space belongs to one.
    "CREATE VIRTUAL TABLE account_words_index USING fts5(name_key, content='account', "
    "content_rowid='id', prefix='2 3', "
    "tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* Co Pc'\")",
    "INSERT INTO account_words_index (rowid, name_key) SELECT id, name_key FROM account",
    "CREATE TRIGGER account_words_added AFTER INSERT ON account BEGIN "
    "INSERT INTO account_words_index (rowid, name_key) VALUES (new.id, new.name_key); END",
    "CREATE TRIGGER account_words_gone AFTER DELETE ON account BEGIN "
    "INSERT INTO account_words_index (account_words_index, rowid, name_key) "
    "VALUES ('delete', old.id, old.name_key); END",
    "CREATE TRIGGER account_words_changed AFTER UPDATE OF name_key ON account BEGIN "
    "INSERT INTO account_words_index (account_words_index, rowid, name_key) "
    "VALUES ('delete', old.id, old.name_key); "
    "INSERT INTO account_words_index (rowid, name_key) VALUES (new.id, new.name_key); END",
)
HANDLES = "ix_account_username_key_domain"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for statement in SQLITE:
            op.execute(statement)
        return
    op.execute(
        "CREATE INDEX account_words_index ON account USING gin "
        "(array_to_tsvector(string_to_array(ltrim(name_key), ' ')))"
    )
    op.drop_index(HANDLES, table_name="account")
    op.create_index(
        HANDLES,
        "account",
        ["username_key", "domain"],
        postgresql_ops={"username_key": "text_pattern_ops"},
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("added", "gone", "changed"):
            op.execute(f"DROP TRIGGER account_words_{name}")
        op.execute("DROP TABLE account_words_index")
        return
    op.execute("DROP INDEX account_words_index")
    op.drop_index(HANDLES, table_name="account")
    op.create_index(HANDLES, "account", ["username_key", "domain"])
