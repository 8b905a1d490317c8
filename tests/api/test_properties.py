"""Requests made from the description of the API, by the hundred: none breaks the server."""

import asyncio
import copy
from datetime import UTC, datetime, timedelta

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

import fedi_k12.api.routes
import fedi_k12.oauth.routes
from fedi_k12.api.openapi import description
from fedi_k12.domain.permissions import Role
from tests.conftest import HOST
from tests.databases import POSTGRESQL

EXAMPLES = 2 if POSTGRESQL else 6
"""Of what fits and of what does not, for each operation."""
SCOPES = "read write follow push admin:read admin:write"
MODULES = sorted(
    {
        route.handler.__module__.rpartition(".")[2]
        for route in (*fedi_k12.api.routes.ROUTES, *fedi_k12.oauth.routes.ROUTES)
    }
    # A stream does not end: what is sent to them is in `test_streaming_ends`.
    - {"streaming"}
)


@pytest.fixture(scope="session")
def describe():
    """Return a function that describes the API, made once: all servers have the same routes."""
    made = []

    def once(app):
        if not made:
            made.append(description(app, title="Home", base_url=f"https://{HOST}"))
        return made[0]

    return once


@pytest.fixture
async def owner(make_member):
    """A member who may do everything, with an app that may, too."""
    return await make_member("maya", role=Role.OWNER, scopes=SCOPES)


@pytest.fixture
async def known(call, owner, tom):
    """The numbers of things that are there: people, posts, and what belongs to them."""
    now = datetime.now(UTC)
    post = await call(owner, "POST", "/api/v1/statuses", status="Here #now")
    later = await call(
        owner, "POST", "/api/v1/statuses", status="Later", scheduled_at=str(now + timedelta(1))
    )
    about = str(tom.account.id)
    report = await call(owner, "POST", "/api/v1/reports", account_id=about)
    made = await call(owner, "POST", "/api/v1/collections", name="Here", description="All")
    kept = await call(owner, "POST", "/api/v1/lists", title="Here")
    here = (post, later, report, made.get("collection", made), kept)
    return [about, str(owner.account.id), *(str(one["id"]) for one in here)]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
@pytest.mark.parametrize("module", MODULES)
async def test_nothing_made_from_the_description_breaks_the_server(
    client, describe, owner, known, module, mode
):
    """FED-59: what fits the description, and what does not, is answered or refused."""
    base = str(client.make_url("/")).rstrip("/")
    whole = describe(client.app)
    paths = {
        path: chosen
        for path, methods in whole["paths"].items()
        if (
            chosen := {
                method: operation
                for method, operation in methods.items()
                if operation["operationId"].startswith(f"{module}.")
            }
        )
    }
    document = copy.deepcopy({**whole, "paths": paths})
    headers = {**owner.headers, "Host": HOST}

    await asyncio.to_thread(_run, document, base, headers, mode, known)


def _run(document, base, headers, mode, known):
    schema = schemathesis.openapi.from_dict(document)
    for found in schema.get_all_operations():
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and not _can_be_wrong(operation):
            continue

        @hypothesis_settings(
            max_examples=EXAMPLES,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            deadline=None,
        )
        @given(
            case=operation.as_strategy(generation_mode=mode),
            number=st.none() | st.sampled_from(known),
        )
        def ask(case, number):
            # A number that is made up is hardly ever of something that is there.
            if number and "id" in (case.path_parameters or {}):
                case.path_parameters["id"] = number
            answer = case.call(
                base_url=base, headers=headers, allow_redirects=False, timeout=10
            )

            assert answer.status_code < 500, (case.as_curl_command(), answer.text[:300])

        ask()


def _can_be_wrong(operation):
    """Return whether it takes anything but texts: any text is a text."""
    listed = [item.definition.get("schema", {}) for item in operation.iter_parameters()]
    for body in operation.body:
        listed += body.definition["schema"]["properties"].values()
    return any(item.get("type") != "string" for item in listed)
