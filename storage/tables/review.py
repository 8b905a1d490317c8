"""What was counted of a year that is over: `domain.review`."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class YearReviewRow(Base):
    """The public figures of a year, kept as they were when it was over."""

    __tablename__ = "year_review"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    review: Mapped[dict[str, Any]]
    """`domain.review.Review` as JSON. It names nobody."""
    draft_id: Mapped[int | None]
    """The draft of the article about it; none where no account tells of the district."""
    made_at: Mapped[datetime]
