"""Security keys: WebAuthn (https://www.w3.org/TR/webauthn-3/), as a second factor.

The library for it takes 14 MB, and is read when the first key is used.
"""

import json
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.ids import new_id
from fedi_k12.domain.text import clean_line
from fedi_k12.services import second_factor
from fedi_k12.services.second_factor import Waiting
from storage.tables import FactorRow

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

MAX_KEYS = 10
MAX_NAME = 60
MAX_ANSWER = 20_000
_FAULT = "The key did not fit. Try again, or use a code."


class Place(Struct, frozen=True):
    """Where keys are good for: this server (the relying party) and the address of its pages."""

    host: str
    origin: str
    name: str


async def adding(
    session: AsyncSession, *, waiting: Waiting, place: Place, username: str, name: str
) -> str:
    """Return what the browser asks a new key, as JSON."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    return options_to_json(
        generate_registration_options(
            rp_id=place.host,
            rp_name=place.name,
            user_id=str(waiting.member_id).encode(),
            user_name=username,
            user_display_name=name,
            challenge=waiting.value.encode(),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.DISCOURAGED,
                user_verification=UserVerificationRequirement.DISCOURAGED,
            ),
            exclude_credentials=await _known(session, waiting.member_id),
        )
    )


async def add(
    session: AsyncSession,
    *,
    waiting: Waiting,
    answer: str,
    name: str,
    place: Place,
    keep_session: int,
    now: datetime,
) -> list[str]:
    """Keep a new key, and return recovery codes if the member had none."""
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.exceptions import WebAuthnException

    known = await _known(session, waiting.member_id)
    if len(known) >= MAX_KEYS:
        raise InvalidError(f"There can be {MAX_KEYS} keys at most. Remove one first.")
    try:
        found = verify_registration_response(
            credential=_read(answer),
            expected_challenge=waiting.value.encode(),
            expected_rp_id=place.host,
            expected_origin=place.origin,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise InvalidError("The key could not be added. Try again.") from error
    handle = bytes_to_base64url(found.credential_id)
    if await session.scalar(select(FactorRow.id).where(FactorRow.handle == handle)):
        raise InvalidError("That key is known here already.")
    session.add(
        FactorRow(
            id=new_id(),
            member_id=waiting.member_id,
            kind="key",
            name=clean_line(name, MAX_NAME) or "Security key",
            secret=bytes_to_base64url(found.credential_public_key),
            handle=handle,
            counter=found.sign_count,
            created_at=now,
            confirmed_at=now,
        )
    )
    await second_factor.end_challenge(session, challenge_id=waiting.challenge_id)
    return await second_factor.settle(
        session, member_id=waiting.member_id, keep_session=keep_session, now=now
    )


async def asking(session: AsyncSession, *, waiting: Waiting, place: Place) -> str:
    """Return what the browser asks the member's keys, as JSON; empty where there are none."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    known = await _known(session, waiting.member_id)
    if not known:
        return ""
    return options_to_json(
        generate_authentication_options(
            rp_id=place.host,
            challenge=waiting.value.encode(),
            allow_credentials=known,
            user_verification=UserVerificationRequirement.DISCOURAGED,
        )
    )


async def check(
    session: AsyncSession, *, waiting: Waiting, answer: str, place: Place, now: datetime
) -> None:
    """Raise `InvalidError` unless one of the member's keys signed what it was asked.

    A key whose count goes back was copied, and does not count (WebAuthn 6.1.1).
    """
    from webauthn import verify_authentication_response
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.exceptions import WebAuthnException

    credential = _read(answer)
    handle = str(credential.get("id", ""))[:1400]
    row = await session.scalar(
        select(FactorRow).where(
            FactorRow.member_id == waiting.member_id,
            FactorRow.kind == "key",
            FactorRow.handle == handle,
        )
    )
    if row is None:
        raise InvalidError(_FAULT)
    try:
        found = verify_authentication_response(
            credential=credential,
            expected_challenge=waiting.value.encode(),
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=base64url_to_bytes(row.secret),
            credential_current_sign_count=row.counter,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise InvalidError(_FAULT) from error
    row.counter, row.used_at = found.new_sign_count, now
    await second_factor.end_challenge(session, challenge_id=waiting.challenge_id)


async def _known(
    session: AsyncSession, member_id: int
) -> list["PublicKeyCredentialDescriptor"]:
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    handles = await session.scalars(
        select(FactorRow.handle).where(
            FactorRow.member_id == member_id, FactorRow.kind == "key"
        )
    )
    return [
        PublicKeyCredentialDescriptor(id=base64url_to_bytes(handle))
        for handle in handles
        if handle
    ]


def _read(answer: str) -> dict[str, object]:
    try:
        found = json.loads(answer[:MAX_ANSWER])
    except (ValueError, RecursionError) as error:
        raise InvalidError(_FAULT) from error
    if not isinstance(found, dict):
        raise InvalidError(_FAULT)
    return found
