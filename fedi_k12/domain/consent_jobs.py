"""What must happen later about quotes and answers that need their addressee's word."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class RequestApproval:
    """Ask an author elsewhere whether their post may be quoted or answered (QuoteRequest)."""

    approval_id: int


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """Answer another server's question whether a post of ours may be quoted or answered."""

    approval_id: int


@dataclass(frozen=True, slots=True)
class SendRevocation:
    """Tell other servers that a member's word was taken back (Delete of a stamp)."""

    approval_id: int


@dataclass(frozen=True, slots=True)
class VerifyQuote:
    """Fetch what a post quotes, and the stamp that says that it may."""

    lane: ClassVar[str] = "fetch"
    post_id: int


@dataclass(frozen=True, slots=True)
class RecheckQuotes:
    """Look again at stamps of other servers that were last looked at a week ago."""


ConsentJob = RequestApproval | AnswerRequest | SendRevocation | VerifyQuote | RecheckQuotes
