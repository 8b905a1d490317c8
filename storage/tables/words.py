"""The words that posts are found by."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class PostWordsRow(Base):
    """The words of a post as searches compare them, with a space between each two.

    Written with the post, and never changed: an edit takes its place. Over it lies the index
    that the migration makes (`storage.search`): FTS5 on SQLite, GIN on PostgreSQL.
    """

    __tablename__ = "post_words"

    post_id: Mapped[int] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    words: Mapped[str]
