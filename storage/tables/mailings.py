"""Which letters by e-mail members and families chose, and how far they were told."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class MailingRow(Base):
    """That a member chose a kind of letter; nobody gets one who has no row."""

    __tablename__ = "mailing"
    __table_args__ = (UniqueConstraint("member_id", "kind", name="uq_mailing_member_id_kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    """As `domain.mailings.Kind`."""
    every: Mapped[str] = mapped_column(String(16))
    """As `domain.mailings.Every`."""
    key: Mapped[str] = mapped_column(unique=True)
    """In the address that ends the letters, and does nothing else: each letter repeats it."""
    told_id: Mapped[int] = mapped_column(default=0)
    """The newest notification that a letter told of."""
    sent_at: Mapped[datetime]
    """When the last letter fell due, or the letters were chosen."""


class FamilyMailRow(Base):
    """That an official account's public posts go to an address by e-mail: no name, no account.

    Besides address and language it holds only what sends and ends the letters.
    """

    __tablename__ = "family_mail"
    __table_args__ = (
        UniqueConstraint("account_id", "email", name="uq_family_mail_account_id_email"),
        Index("ix_family_mail_told", "account_id", "told_until"),
        Index("ix_family_mail_email", "email"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    email: Mapped[str]
    locale: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(unique=True)
    """In the address that ends the letters, and does nothing else: each letter repeats it."""
    hash: Mapped[str | None] = mapped_column(unique=True)
    """Of the secret in the link that confirms; empty before that letter and after the yes."""
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]
    """When the teacher of a classroom let the family in; nobody has to for other accounts."""
    told_until: Mapped[date | None]
    """The last day, by the clock of the place, that a letter was for; none until the yes."""
    delivered_at: Mapped[datetime | None]
    """When the mail server last took a letter, or they said yes."""
