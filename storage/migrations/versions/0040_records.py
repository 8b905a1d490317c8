"""Keep records of official accounts in a chain that the database lets nobody change."""

import sqlalchemy as sa
from alembic import op

from storage.tables.base import Json

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
SEALED = ("record", "record_body", "record_checkpoint", "record_disposal_item")
"""Tables whose rows are never changed."""
SPOKEN = "A record is never changed or taken away."
APPROVED = """
    SELECT 1 FROM record_disposal_item i JOIN record_disposal d ON d.id = i.disposal_id
    WHERE i.seq = OLD.seq AND d.approved_at IS NOT NULL AND d.approved_by <> d.asked_by
"""


def upgrade() -> None:
    _chain()
    _retention()
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def downgrade() -> None:
    for table in (
        "record_redaction", "record_disposal_item", "record_disposal", "record_hold",
        "record_class", "record_checkpoint", "record_file", "record_body", "record",
    ):  # fmt: skip
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for function in (
            "record_sealed", "record_body_kept", "record_disposal_kept", "record_item_kept",
        ):
            op.execute(f"DROP FUNCTION {function}()")


def _chain() -> None:
    op.create_table(
        "record",
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("direction", sa.String(length=4), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("member_id", BIG, nullable=True),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("object_id", sa.String(), nullable=False),
        sa.Column("thread", sa.String(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("envelope_digest", sa.String(length=64), nullable=False),
        sa.Column("media", Json, nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_record")),
    )
    op.create_index("ix_record_account_id", "record", ["account_id", "seq"])
    op.create_index("ix_record_object_id", "record", ["object_id"])
    op.create_index("ix_record_thread", "record", ["thread"])
    op.create_index("ix_record_at", "record", ["at"])
    op.create_table(
        "record_body",
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["record.seq"], name=op.f("fk_record_body_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_record_body")),
    )
    op.create_table(
        "record_file",
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["seq"], ["record_body.seq"], name=op.f("fk_record_file_seq"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("seq", "file", name=op.f("pk_record_file")),
    )
    op.create_index(op.f("ix_record_file_file"), "record_file", ["file"])
    op.create_table(
        "record_checkpoint",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_record_checkpoint")),
    )


def _retention() -> None:
    op.create_table(
        "record_class",
        sa.Column("account_id", BIG, autoincrement=False, nullable=False),
        sa.Column("schedule", sa.String(), nullable=False),
        sa.Column("default_class", sa.String(), nullable=False),
        sa.Column("set_by", BIG, nullable=True),
        sa.Column("set_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_record_class")),
    )
    op.create_table(
        "record_hold",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("since", TIME, nullable=True),
        sa.Column("until", TIME, nullable=True),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("placed_by", BIG, nullable=True),
        sa.Column("placed_at", TIME, nullable=False),
        sa.Column("lifted_by", BIG, nullable=True),
        sa.Column("lifted_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_hold")),
    )
    op.create_index(op.f("ix_record_hold_account_id"), "record_hold", ["account_id"])
    op.create_table(
        "record_disposal",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("schedule", sa.String(), nullable=False),
        sa.Column("record_class", sa.String(), nullable=False),
        sa.Column("before", TIME, nullable=False),
        sa.Column("count", BIG, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asked_by", BIG, nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("approved_by", BIG, nullable=True),
        sa.Column("approved_at", TIME, nullable=True),
        sa.Column("withdrawn_at", TIME, nullable=True),
        sa.Column("certificate", BIG, nullable=True),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> asked_by",
            name=op.f("ck_record_disposal_two_people"),
        ),
        sa.CheckConstraint(
            "(approved_by IS NULL) = (approved_at IS NULL)",
            name=op.f("ck_record_disposal_approved_by_somebody"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_disposal")),
    )
    op.create_table(
        "record_disposal_item",
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("disposal_id", BIG, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["disposal_id"],
            ["record_disposal.id"],
            name=op.f("fk_record_disposal_item_disposal_id"),
        ),
        sa.PrimaryKeyConstraint("seq", "disposal_id", name=op.f("pk_record_disposal_item")),
    )
    op.create_index(
        op.f("ix_record_disposal_item_disposal_id"), "record_disposal_item", ["disposal_id"]
    )
    op.create_table(
        "record_redaction",
        sa.Column("id", BIG, nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("passages", Json, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", BIG, nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["record.seq"], name=op.f("fk_record_redaction_seq")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_redaction")),
    )
    op.create_index(op.f("ix_record_redaction_seq"), "record_redaction", ["seq"])


def _guard_sqlite() -> None:
    for table in SEALED:
        events = ["UPDATE"] if table == "record_body" else ["UPDATE", "DELETE"]
        for event in events:
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{SPOKEN}'); END"
            )
    op.execute(
        "CREATE TRIGGER record_body_no_delete BEFORE DELETE ON record_body "
        f"WHEN NOT EXISTS ({APPROVED}) BEGIN SELECT RAISE(ABORT, '{SPOKEN}'); END"
    )
    op.execute(
        "CREATE TRIGGER record_disposal_no_delete BEFORE DELETE ON record_disposal "
        f"BEGIN SELECT RAISE(ABORT, '{SPOKEN}'); END"
    )
    op.execute(
        "CREATE TRIGGER record_disposal_no_update BEFORE UPDATE ON record_disposal "
        "WHEN OLD.certificate IS NOT NULL OR OLD.withdrawn_at IS NOT NULL "
        "OR NEW.asked_by <> OLD.asked_by OR NEW.count <> OLD.count "
        f"BEGIN SELECT RAISE(ABORT, '{SPOKEN}'); END"
    )
    op.execute(
        "CREATE TRIGGER record_disposal_item_no_late BEFORE INSERT ON record_disposal_item "
        "WHEN EXISTS (SELECT 1 FROM record_disposal d WHERE d.id = NEW.disposal_id "
        "AND d.approved_at IS NOT NULL) "
        f"BEGIN SELECT RAISE(ABORT, '{SPOKEN}'); END"
    )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION record_sealed() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{SPOKEN}' USING ERRCODE = 'integrity_constraint_violation'; "
        "END $$"
    )
    op.execute(
        "CREATE FUNCTION record_body_kept() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF NOT EXISTS ({APPROVED}) THEN RAISE EXCEPTION '{SPOKEN}' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN OLD; END $$"
    )
    op.execute(
        "CREATE FUNCTION record_disposal_kept() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN IF (OLD.certificate IS NOT NULL "
        "OR OLD.withdrawn_at IS NOT NULL OR NEW.asked_by <> OLD.asked_by "
        "OR NEW.count <> OLD.count) "
        f"THEN RAISE EXCEPTION '{SPOKEN}' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE FUNCTION record_item_kept() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN IF EXISTS (SELECT 1 FROM record_disposal d WHERE d.id = NEW.disposal_id "
        f"AND d.approved_at IS NOT NULL) THEN RAISE EXCEPTION '{SPOKEN}' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
    )
    for table in SEALED:
        events = "UPDATE" if table == "record_body" else "UPDATE OR DELETE"
        op.execute(
            f"CREATE TRIGGER {table}_sealed BEFORE {events} ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION record_sealed()"
        )
    for table in (*SEALED, "record_disposal"):
        op.execute(
            f"CREATE TRIGGER {table}_whole BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION record_sealed()"
        )
    op.execute(
        "CREATE TRIGGER record_body_kept BEFORE DELETE ON record_body "
        "FOR EACH ROW EXECUTE FUNCTION record_body_kept()"
    )
    op.execute(
        "CREATE TRIGGER record_disposal_sealed BEFORE DELETE ON record_disposal "
        "FOR EACH ROW EXECUTE FUNCTION record_sealed()"
    )
    op.execute(
        "CREATE TRIGGER record_disposal_kept BEFORE UPDATE ON record_disposal "
        "FOR EACH ROW EXECUTE FUNCTION record_disposal_kept()"
    )
    op.execute(
        "CREATE TRIGGER record_disposal_item_kept BEFORE INSERT ON record_disposal_item "
        "FOR EACH ROW EXECUTE FUNCTION record_item_kept()"
    )
