"""People who may raise alerts, and texts that two of them agreed on."""

import pytest

from fedi_k12.domain.permissions import Role
from fedi_k12.services import alert_templates, alerts
from fedi_k12.services.alerts import AlertDraft
from tests.services.conftest import audited, do, see

__all__ = ["audited", "do", "see"]

TEXTS = {
    "en": "Stay where you are. Doors are locked. Do not come to the school.",
    "es": "Quédese donde está. Las puertas están cerradas. No venga a la escuela.",
}


@pytest.fixture
async def ada(make_member, do):
    """May raise alerts."""
    member = await make_member("ada")
    await do(alert_templates.allow, actor=None, person_id=member.account.id)
    return member


@pytest.fixture
async def ben(make_member, do):
    """May raise alerts, too: the second person."""
    member = await make_member("ben")
    await do(alert_templates.allow, actor=None, person_id=member.account.id)
    return member


@pytest.fixture
async def root(make_member):
    return await make_member("root_admin", role=Role.ADMIN)


@pytest.fixture
def agreed(do, ada, ben):
    """Return a function that has a text written by Ada and approved by Ben: its id."""

    async def make(level="lockdown", texts=None):
        number = await do(
            alert_templates.write,
            actor=ada.actor,
            level=level,
            name=f"The usual {level}",
            texts=texts or TEXTS,
        )
        await do(alert_templates.approve, actor=ben.actor, template_id=number)
        return number

    return make


@pytest.fixture
def sound(do, agreed, ada, lincoln):
    """Return a function that raises an alert as Ada: its id."""

    async def make(level="lockdown", *, follows_id=None, **parts):
        given = {
            "template_id": await agreed(level),
            "account_id": lincoln.id,
            "area": "Lincoln Elementary",
            "minutes": 60,
            "more": {},
            **parts,
        }
        return await do(
            alerts.raise_alert,
            actor=ada.actor,
            draft=AlertDraft(**given),
            follows_id=follows_id,
        )

    return make
