"""What members prove themselves with besides a password, and what waits for it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class FactorRow(Base):
    """A second factor: an app that shows codes, a security key, or a recovery code."""

    __tablename__ = "factor"
    __table_args__ = (Index("ix_factor_member_id", "member_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(8))
    """`totp`, `key` or `recovery`."""
    name: Mapped[str] = mapped_column(default="")
    secret: Mapped[str]
    """The shared secret (base32), the public key (base64url), or a code's hash."""
    handle: Mapped[str | None] = mapped_column(unique=True)
    """The id that a security key goes by (base64url)."""
    counter: Mapped[int] = mapped_column(default=0)
    """The last time step of a code, or the last count of a key: none counts twice."""
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    """Until then it is being set up, and not asked for."""
    used_at: Mapped[datetime | None]


class ChallengeRow(Base):
    """A sign-in that waits for its second factor, or a key that is being added."""

    __tablename__ = "challenge"

    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(unique=True)
    member_id: Mapped[int] = mapped_column(
        ForeignKey("member.id", ondelete="CASCADE"), index=True
    )
    purpose: Mapped[str] = mapped_column(String(8))
    """`sign in` or `add key`."""
    value: Mapped[str]
    """What a key has to sign (base64url)."""
    target: Mapped[str] = mapped_column(default="")
    """Where the page leads afterwards."""
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
