"""The rule that a post is hidden under, as apps are told it."""

from fedi_k12.domain.posts import PostView


def hidden_under(view: PostView) -> dict[str, object] | None:
    """Return the rule that a post is hidden under, as its Status tells it."""
    if view.hidden is None:
        return None
    return {"rule": view.hidden.number, "text": view.hidden.words}
