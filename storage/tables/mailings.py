"""Which letters by e-mail members chose, and how far they were told."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
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
    seen_id: Mapped[int] = mapped_column(default=0)
    """The newest notification that a letter told of."""
    sent_at: Mapped[datetime]
    """When the last letter fell due, or the letters were chosen."""
