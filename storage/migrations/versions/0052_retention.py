"""Let the bytes of records go by a disposal with its certificate, and by nothing else."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

SPOKEN = "A record is never changed or taken away."
HELD = "A legal hold covers this record."
CERTIFIED = """
    SELECT 1 FROM record_disposal_item i
    JOIN record_disposal d ON d.id = i.disposal_id
    JOIN record c ON c.seq = d.certificate
    WHERE i.seq = OLD.seq AND d.approved_at IS NOT NULL AND d.approved_by <> d.asked_by
      AND c.kind = 'records disposed' AND c.account_id = d.account_id
"""
COVERED = """
    SELECT 1 FROM record_hold h JOIN record r ON r.seq = OLD.seq
    WHERE h.lifted_at IS NULL
      AND (h.account_id IS NULL OR h.account_id = r.account_id)
      AND (h.since IS NULL OR r.at >= h.since)
      AND (h.until IS NULL OR r.at < h.until)
      AND (h.person = '' OR h.person = lower(r.person))
      AND (h.thread = '' OR h.thread = r.thread OR h.thread = r.object_id)
      AND (h.word = '' OR replace(OLD.words, h.word, '') <> OLD.words)
"""
CHANGED = """
    OLD.approved_by IS NOT NULL OR OLD.withdrawn_at IS NOT NULL
    OR NEW.asked_by <> OLD.asked_by OR NEW.count <> OLD.count
    OR NEW.account_id <> OLD.account_id OR NEW.schedule <> OLD.schedule
    OR NEW.record_class <> OLD.record_class OR NEW.before <> OLD.before
    OR (NEW.approved_by IS NOT NULL AND (
        NEW.certificate IS NULL OR NEW.withdrawn_at IS NOT NULL
        OR NEW.count <> (SELECT count(*) FROM record_disposal_item i
                         WHERE i.disposal_id = NEW.id)))
"""
NOT_LIFTED = """
    OLD.lifted_at IS NOT NULL OR NEW.lifted_at IS NULL
    OR NEW.reason <> OLD.reason OR NEW.word <> OLD.word OR NEW.person <> OLD.person
    OR NEW.thread <> OLD.thread
    OR coalesce(NEW.account_id, 0) <> coalesce(OLD.account_id, 0)
    OR (NEW.since IS NULL) <> (OLD.since IS NULL) OR NEW.since <> OLD.since
    OR (NEW.until IS NULL) <> (OLD.until IS NULL) OR NEW.until <> OLD.until
"""
BEFORE = """
    OLD.certificate IS NOT NULL OR OLD.withdrawn_at IS NOT NULL
    OR NEW.asked_by <> OLD.asked_by OR NEW.count <> OLD.count
"""
APPROVED = """
    SELECT 1 FROM record_disposal_item i JOIN record_disposal d ON d.id = i.disposal_id
    WHERE i.seq = OLD.seq AND d.approved_at IS NOT NULL AND d.approved_by <> d.asked_by
"""
RULES = (
    ("record_body_held", "record_body", "DELETE", f"EXISTS ({COVERED})", HELD),
    ("record_body_only_certified", "record_body", "DELETE", f"NOT EXISTS ({CERTIFIED})", SPOKEN),
    ("record_file_only_certified", "record_file", "DELETE", f"NOT EXISTS ({CERTIFIED})", SPOKEN),
    ("record_file_same", "record_file", "UPDATE", "", SPOKEN),
    ("record_redaction_only_certified", "record_redaction", "DELETE",
     f"NOT EXISTS ({CERTIFIED})", SPOKEN),
    ("record_redaction_same", "record_redaction", "UPDATE", "", SPOKEN),
    ("record_disposal_fresh", "record_disposal", "INSERT",
     "NEW.approved_by IS NOT NULL OR NEW.certificate IS NOT NULL", SPOKEN),
    ("record_disposal_same", "record_disposal", "UPDATE", CHANGED, SPOKEN),
    ("record_hold_stays", "record_hold", "DELETE", "", SPOKEN),
    ("record_hold_same", "record_hold", "UPDATE", NOT_LIFTED, SPOKEN),
)  # fmt: skip
"""(name, table, event, when it is refused, what is said); always where nothing is said."""


def upgrade() -> None:
    for name in ("person", "thread"):
        op.add_column(
            "record_hold",
            sa.Column(name, sa.String(), nullable=False, server_default=""),
        )
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute("DROP TRIGGER record_body_kept ON record_body")
        op.execute("DROP TRIGGER record_disposal_kept ON record_disposal")
        op.execute("DROP FUNCTION record_body_kept()")
        op.execute("DROP FUNCTION record_disposal_kept()")
        for table in ("record_hold", "record_file", "record_redaction"):
            op.execute(
                f"CREATE TRIGGER {table}_whole BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION record_sealed()"
            )
    else:
        op.execute("DROP TRIGGER record_body_no_delete")
        op.execute("DROP TRIGGER record_disposal_no_update")
    for rule in RULES:
        (_on_postgresql if postgresql else _on_sqlite)(*rule)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _back_on_postgresql()
    else:
        for name, *_rest in RULES:
            op.execute(f"DROP TRIGGER {name}")
        op.execute(
            "CREATE TRIGGER record_body_no_delete BEFORE DELETE ON record_body "
            f"WHEN NOT EXISTS ({APPROVED}) BEGIN SELECT RAISE(ABORT, '{SPOKEN}'); END"
        )
        op.execute(
            "CREATE TRIGGER record_disposal_no_update BEFORE UPDATE ON record_disposal "
            f"WHEN {BEFORE} BEGIN SELECT RAISE(ABORT, '{SPOKEN}'); END"
        )
    op.drop_column("record_hold", "thread")
    op.drop_column("record_hold", "person")


def _on_sqlite(name: str, table: str, event: str, wrong: str, said: str) -> None:
    when = f"WHEN {wrong} " if wrong else ""
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} {when}"
        f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
    )


def _on_postgresql(name: str, table: str, event: str, wrong: str, said: str) -> None:
    _function(name, wrong or "true", said, "OLD" if event == "DELETE" else "NEW")
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {name}()"
    )


def _function(name: str, wrong: str, said: str, back: str) -> None:
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF ({wrong}) THEN RAISE EXCEPTION '{said}' "
        f"USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN {back}; END $$"
    )


def _back_on_postgresql() -> None:
    for table in ("record_hold", "record_file", "record_redaction"):
        op.execute(f"DROP TRIGGER {table}_whole ON {table}")
    for name, table, *_rest in RULES:
        op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION {name}()")
    _function("record_body_kept", f"NOT EXISTS ({APPROVED})", SPOKEN, "OLD")
    _function("record_disposal_kept", BEFORE, SPOKEN, "NEW")
    op.execute(
        "CREATE TRIGGER record_body_kept BEFORE DELETE ON record_body "
        "FOR EACH ROW EXECUTE FUNCTION record_body_kept()"
    )
    op.execute(
        "CREATE TRIGGER record_disposal_kept BEFORE UPDATE ON record_disposal "
        "FOR EACH ROW EXECUTE FUNCTION record_disposal_kept()"
    )
