"""What a translation service made of posts."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class TranslationRow(Base):
    """A post in another language, good while the post says what it said then."""

    __tablename__ = "translation"

    post_id: Mapped[int] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), primary_key=True
    )
    language: Mapped[str] = mapped_column(String(35), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of all that was translated: another text of the post has another."""
    source: Mapped[str] = mapped_column(String(35), default="")
    provider: Mapped[str] = mapped_column(default="")
    texts: Mapped[list[Any]]
    """As the service gave them; they are made safe when they are shown."""
    created_at: Mapped[datetime]
