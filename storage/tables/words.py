"""The words that posts are found by."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class PostWordsRow(Base):
    """What a post is found by (`storage.search_words`): a text, on PostgreSQL a `tsvector`.

    Written with the post, and never changed: an edit takes its place. Over it lies the index
    that the migration makes: FTS5 on SQLite, GIN on PostgreSQL.
    """

    __tablename__ = "post_words"

    post_id: Mapped[int] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    words: Mapped[str] = mapped_column(String().with_variant(TSVECTOR(), "postgresql"))
