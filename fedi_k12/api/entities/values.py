"""The values that entities are made of, as strict apps decode them."""

from typing import Annotated, Literal, NotRequired, TypedDict

from msgspec import Meta

Id = Annotated[str, Meta(pattern="^-?[0-9]+$", description="A number, written as a text.")]
Moment = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
        description="UTC with three decimals.",
    ),
]
Day = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$")]
Url = Annotated[str, Meta(pattern="^https?://")]
Count = Annotated[int, Meta(ge=0)]
Html = Annotated[str, Meta(description="Safe HTML.")]
Visibility = Literal["public", "unlisted", "private", "direct"]


class Error(TypedDict):
    """Why a request was refused, in a sentence that a person can act on."""

    error: str
    error_description: NotRequired[str]
    details: NotRequired[dict[str, list[dict[str, str]]]]


class Empty(TypedDict):
    """An object without anything in it: it was done."""
