"""Who may find which post by its words: the one condition that every search carries."""

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    exists,
    func,
    or_,
    select,
    union,
)
from sqlalchemy.orm import aliased

from storage.posts import PostEntity, Viewer, visible_to
from storage.tables import (
    AccountRow,
    BookmarkRow,
    FavouriteRow,
    FollowRow,
    HiddenAnswerRow,
    MentionRow,
    PostRow,
)


def findable_by(viewer_id: Viewer, post: PostEntity = PostRow) -> ColumnElement[bool]:
    """Return the condition that the viewer may find `post` by its words.

    They may see it, and it concerns them (they wrote, keep or recommend it, or are named in
    it) or its author lets them: `domain.searching.searchable_by` as SQL. Boosts have no words,
    and an answer that is hidden under a rule has none but for its author.
    """
    hidden = exists().where(
        HiddenAnswerRow.post_id == post.id, HiddenAnswerRow.shown_at.is_(None)
    )
    return and_(
        post.boost_of_id.is_(None),
        visible_to(viewer_id, post),
        or_(post.account_id == viewer_id, ~hidden),
        or_(concerns(viewer_id, post), _is_open_to(viewer_id, post)),
    )


def concerns(viewer_id: Viewer, post: PostEntity = PostRow) -> ColumnElement[bool]:
    """Return the condition that `post` concerns the viewer: it is in their library."""
    boost = aliased(PostRow)
    return or_(
        post.account_id == viewer_id,
        exists().where(BookmarkRow.post_id == post.id, BookmarkRow.account_id == viewer_id),
        exists().where(FavouriteRow.post_id == post.id, FavouriteRow.account_id == viewer_id),
        exists().where(MentionRow.post_id == post.id, MentionRow.account_id == viewer_id),
        exists().where(boost.boost_of_id == post.id, boost.account_id == viewer_id),
    )


def library_of(viewer_id: int) -> CompoundSelect[int]:
    """Return the ids of the posts of `concerns`, each found by an index, as `post_id`."""
    return union(
        select(PostRow.id.label("post_id")).where(
            PostRow.account_id == viewer_id, PostRow.boost_of_id.is_(None)
        ),
        select(PostRow.boost_of_id).where(
            PostRow.account_id == viewer_id, PostRow.boost_of_id.is_not(None)
        ),
        *(
            select(row.post_id).where(row.account_id == viewer_id)
            for row in (BookmarkRow, FavouriteRow, MentionRow)
        ),
    )


def findable_authors(viewer_id: int) -> Select[int]:
    """Return the accounts that let the viewer find posts of theirs which do not concern them.

    What they say of a single post may narrow it.
    """
    followed = exists().where(
        FollowRow.target_id == AccountRow.id,
        FollowRow.follower_id == viewer_id,
        FollowRow.accepted.is_(True),
    )
    return select(AccountRow.id).where(
        AccountRow.indexable.is_(True),
        AccountRow.silenced_at.is_(None),
        AccountRow.suspended_at.is_(None),
        or_(
            AccountRow.searchable_by.in_(("", "public")),
            and_(AccountRow.searchable_by == "followers", followed),
        ),
    )


def _is_open_to(viewer_id: Viewer, post: PostEntity) -> ColumnElement[bool]:
    author = aliased(AccountRow)
    said = func.coalesce(post.searchable_by, "")
    to_all = and_(
        post.visibility == "public",
        said.in_(("", "public")),
        author.searchable_by.in_(("", "public")),
    )
    followed = exists().where(
        FollowRow.target_id == author.id,
        FollowRow.follower_id == viewer_id,
        FollowRow.accepted.is_(True),
    )
    to_followers = and_(
        post.visibility != "direct",
        said != "self",
        author.searchable_by != "self",
        or_(said == "followers", author.searchable_by == "followers"),
        followed,
    )
    return exists().where(
        author.id == post.account_id,
        author.indexable.is_(True),
        author.silenced_at.is_(None),
        or_(to_all, to_followers),
    )
