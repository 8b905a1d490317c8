"""Consultations, which Mastodon has not: what our own addresses answer with."""

from typing import Literal, TypedDict

from fedi_k12.api.entities.posts import Status
from fedi_k12.api.entities.values import Html, Id, Moment, Url


class Consultation(TypedDict):
    """A question of an official account, and its published answer once there is one."""

    id: Id
    url: Url
    title: str
    background: Html
    stage: Literal["open", "ended", "answered"]
    starts_at: Moment
    ends_at: Moment
    closed_at: Moment | None
    question: Status
    outcome: Status | None
