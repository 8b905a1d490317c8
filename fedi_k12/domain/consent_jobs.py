"""What must happen later about quotes and answers that need their addressee's word."""

from typing import ClassVar

from msgspec import Struct


class RequestApproval(Struct, frozen=True):
    """Ask an author elsewhere whether their post may be quoted or answered (QuoteRequest)."""

    approval_id: int


class AnswerRequest(Struct, frozen=True):
    """Answer another server's question whether a post of ours may be quoted or answered."""

    approval_id: int


class SendRevocation(Struct, frozen=True):
    """Tell other servers that a member's word was taken back (Delete of a stamp)."""

    approval_id: int


class VerifyQuote(Struct, frozen=True):
    """Fetch what a post quotes, and the stamp that says that it may."""

    lane: ClassVar[str] = "fetch"
    post_id: int


class RecheckQuotes(Struct, frozen=True):
    """Look again at stamps of other servers that were last looked at a week ago."""


ConsentJob = RequestApproval | AnswerRequest | SendRevocation | VerifyQuote | RecheckQuotes
