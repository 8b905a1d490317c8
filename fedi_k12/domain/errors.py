"""What can be refused, and how the refusal reads to a person.

DomainError
├── InvalidError          422  what was sent cannot be used
│   └── MalformedError    400  what was sent cannot even be read
├── UnauthenticatedError  401  we do not know who asks
├── ForbiddenError        403  we know, and the answer is no
├── NotFoundError         404  not there, or not for this viewer
│   └── GoneError         410  was there, and was deleted
├── SavedForApprovalError 422  kept, and waits for a second person
├── ConflictError         409  somebody else changed it meanwhile
├── TooLargeError         413  more than we take
├── UnsupportedTypeError  415  a form we do not read
├── TooManyError          429  slow down
└── UnavailableError      503  another server, or a part of ours, does not answer now
"""

from collections.abc import Mapping


class DomainError(Exception):
    """A refusal with a sentence that is safe to show to whoever asked."""

    status = 500
    code = "error"
    """One word for programs, for instance in a problem document or a log line."""
    keeps = False
    """Whether what was written before the refusal stays, instead of being rolled back."""


class InvalidError(DomainError):
    """What was sent can be read but not used; `fields` names what is wrong where."""

    status = 422
    code = "invalid"

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields: Mapping[str, str] = fields or {}


class MalformedError(InvalidError):
    """What was sent cannot be read: not JSON, not the documented form."""

    status = 400
    code = "malformed"


class UnauthenticatedError(DomainError):
    """The request does not prove who sent it."""

    status = 401
    code = "unauthenticated"


class ForbiddenError(DomainError):
    """Whoever asks may not do this."""

    status = 403
    code = "forbidden"


class NotFoundError(DomainError):
    """There is nothing of that name, or nothing that this viewer may know of."""

    status = 404
    code = "not_found"


class GoneError(NotFoundError):
    """It was here and has been deleted."""

    status = 410
    code = "gone"


class SavedForApprovalError(DomainError):
    """It was not published but kept: a second person reads it first."""

    status = 422
    code = "saved_for_approval"
    keeps = True

    def __init__(self, message: str, *, submission_id: int) -> None:
        super().__init__(message)
        self.submission_id = submission_id


class ConflictError(DomainError):
    """It was changed meanwhile, or is taken."""

    status = 409
    code = "conflict"


class TooLargeError(DomainError):
    """More was sent than we take."""

    status = 413
    code = "too_large"


class UnsupportedTypeError(DomainError):
    """The content type or encoding is none that we read."""

    status = 415
    code = "unsupported_type"


class TooManyError(DomainError):
    """Too many requests; `retry_after` is in seconds."""

    status = 429
    code = "too_many"

    def __init__(self, message: str, *, retry_after: int = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnavailableError(DomainError):
    """Another server, or a part of this one, does not answer at the moment."""

    status = 503
    code = "unavailable"
