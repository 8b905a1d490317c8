"""The records archive: what concerns official accounts, kept in one chain of hashes.

Rows are added and never changed. The database itself refuses everything else, by triggers that
the migration makes; the one way out is a disposal that two people signed.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class RecordRow(Base):
    """What stays of a record for ever: its place in the chain, and the hash of its bytes.

    No foreign keys: accounts and members go, records of them stay.
    """

    __tablename__ = "record"
    __table_args__ = (
        Index("ix_record_account_id", "account_id", "seq"),
        Index("ix_record_object_id", "object_id"),
        Index("ix_record_thread", "thread"),
        Index("ix_record_at", "at"),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Its number in the chain, from 1, without gaps."""
    at: Mapped[datetime]
    direction: Mapped[str] = mapped_column(String(4))
    """`in`, `out` or `here`."""
    kind: Mapped[str]
    """The type of the activity, or what was done here."""
    account_id: Mapped[int]
    """The official account that it concerns."""
    account: Mapped[str]
    member_id: Mapped[int | None]
    person: Mapped[str]
    object_id: Mapped[str]
    thread: Mapped[str]
    """The id of the first post of its thread, empty where there is none."""
    digest: Mapped[str] = mapped_column(String(64))
    envelope_digest: Mapped[str] = mapped_column(String(64))
    media: Mapped[list[str]]
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class RecordBodyRow(Base):
    """The bytes of a record, until they are disposed of."""

    __tablename__ = "record_body"

    seq: Mapped[int] = mapped_column(
        ForeignKey("record.seq"), primary_key=True, autoincrement=False
    )
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """The activity just as it was sent or came."""
    envelope: Mapped[bytes] = mapped_column(LargeBinary)
    """JSON: the headers that were signed, the signature's result, where it went."""
    words: Mapped[str]
    """What it says, in lower case, for searching; made of `body`, not part of the record."""


class RecordFileRow(Base):
    """A file of a record: kept as long as the record's bytes are."""

    __tablename__ = "record_file"

    seq: Mapped[int] = mapped_column(
        ForeignKey("record_body.seq", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    file: Mapped[str] = mapped_column(primary_key=True, index=True)


class RecordCheckpointRow(Base):
    """How far the chain went on a day, signed: what comes after can be cut off, this not."""

    __tablename__ = "record_checkpoint"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    seq: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(64))
    """The public Ed25519 key, in hexadecimal."""
    signature: Mapped[str] = mapped_column(String(128))
    made_at: Mapped[datetime]


class RecordExportRow(Base):
    """Records that somebody asked for as a file, until a while after it was made."""

    __tablename__ = "record_export"
    __table_args__ = (Index("ix_record_export_member_id", "member_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    """Who asked: nobody else fetches it."""
    account_id: Mapped[int]
    """The account that they acted as."""
    search: Mapped[dict[str, Any]]
    """What was looked for: the fields of `records_desk.Search`."""
    account_ids: Mapped[list[Any]]
    """The official accounts whose records they could read when they asked."""
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    """`waiting` or `done`."""
    file: Mapped[str] = mapped_column(default="")
    """Its name in the folder of exports: nobody guesses it."""
    size: Mapped[int] = mapped_column(default=0)
    records: Mapped[int] = mapped_column(default=0)
    manifest: Mapped[str] = mapped_column(String(64), default="")
    """SHA-256 of the manifest that is in the file."""
    asked_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class RecordClassRow(Base):
    """Which schedule and class of retention an official account's records belong to."""

    __tablename__ = "record_class"

    account_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    schedule: Mapped[str]
    default_class: Mapped[str]
    set_by: Mapped[int | None]
    set_at: Mapped[datetime]


class RecordHoldRow(Base):
    """A legal hold: nothing that it covers is disposed of before it is lifted."""

    __tablename__ = "record_hold"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(index=True)
    """The official account; none for all of them."""
    since: Mapped[datetime | None]
    until: Mapped[datetime | None]
    word: Mapped[str] = mapped_column(default="")
    """A phrase in small letters that the records hold."""
    person: Mapped[str] = mapped_column(default="", server_default="")
    """A handle in small letters."""
    thread: Mapped[str] = mapped_column(default="", server_default="")
    reason: Mapped[str]
    placed_by: Mapped[int | None]
    placed_at: Mapped[datetime]
    lifted_by: Mapped[int | None]
    lifted_at: Mapped[datetime | None]


class RecordDisposalRow(Base):
    """A disposal: asked for by one person, approved by another, then carried out."""

    __tablename__ = "record_disposal"
    __table_args__ = (
        CheckConstraint("approved_by IS NULL OR approved_by <> asked_by", name="two_people"),
        CheckConstraint(
            "(approved_by IS NULL) = (approved_at IS NULL)", name="approved_by_somebody"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int]
    schedule: Mapped[str]
    record_class: Mapped[str]
    before: Mapped[datetime]
    """Records of before this moment: their time is over."""
    count: Mapped[int]
    reason: Mapped[str]
    asked_by: Mapped[int]
    asked_at: Mapped[datetime]
    approved_by: Mapped[int | None]
    approved_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    certificate: Mapped[int | None]
    """The number of the record that tells of it."""


class RecordDisposalItemRow(Base):
    """A record whose bytes a disposal takes away."""

    __tablename__ = "record_disposal_item"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    disposal_id: Mapped[int] = mapped_column(
        ForeignKey("record_disposal.id"), primary_key=True, autoincrement=False, index=True
    )


class RecordRedactionRow(Base):
    """A public copy of a record with words left out; the sealed original stays as it is."""

    __tablename__ = "record_redaction"

    id: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(ForeignKey("record.seq"), index=True)
    reason: Mapped[str] = mapped_column(String(32))
    """A code of `domain.redaction.REASONS`."""
    passages: Mapped[list[str]]
    """The words that are left out, sealed with the original."""
    body: Mapped[bytes] = mapped_column(LargeBinary)
    files_withheld: Mapped[bool] = mapped_column(default=False, server_default="0")
    from_original: Mapped[bool] = mapped_column(default=False, server_default="0")
    """Whether the ones before it no longer count."""
    made_by: Mapped[int]
    made_at: Mapped[datetime]
