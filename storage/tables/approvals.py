"""What one account wants to do with another's post, and what its author says."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class ApprovalRow(Base):
    """A quote, an answer or a reaction that needs its addressee's word, and that word.

    Of posts of ours the row is the stamp, whose id is made of this id; of posts elsewhere it
    remembers where the stamp is and when it was last looked at.
    """

    __tablename__ = "approval"
    __table_args__ = (
        UniqueConstraint("kind", "interaction_uri"),
        Index("ix_approval_target_id", "target_id"),
        Index("ix_approval_interaction_id", "interaction_id"),
        Index("ix_approval_account_id", "account_id"),
        Index("ix_approval_request_uri", "request_uri"),
        Index("ix_approval_stamp_uri", "stamp_uri"),
        Index("ix_approval_checked_at", "checked_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    """Who wants it."""
    target_id: Mapped[int | None] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    """The post that it is about; none while that is not known here."""
    target_uri: Mapped[str]
    interaction_id: Mapped[int | None] = mapped_column(
        ForeignKey("post.id", ondelete="CASCADE")
    )
    """The quoting or answering post; none for a reaction."""
    interaction_uri: Mapped[str]
    state: Mapped[str] = mapped_column(String(16))
    request_uri: Mapped[str | None]
    """The id of the activity that asked, theirs or ours."""
    stamp_uri: Mapped[str | None]
    checked_at: Mapped[datetime | None]
    """When a stamp of another server was last looked at."""
    created_at: Mapped[datetime]
