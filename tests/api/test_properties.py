"""Requests made from the description of the API, by the hundred: none breaks the server."""

import asyncio

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from schemathesis import GenerationMode

import fedi_k12.api.routes
import fedi_k12.oauth.routes
from fedi_k12.api.openapi import description
from tests.conftest import HOST

EXAMPLES = 6
"""Of what fits and of what does not, for each operation."""
MODULES = sorted(
    {
        route.handler.__module__.rpartition(".")[2]
        for route in (*fedi_k12.api.routes.ROUTES, *fedi_k12.oauth.routes.ROUTES)
    }
    # A stream does not end: what is sent to them is in `test_streaming_ends`.
    - {"streaming"}
)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
@pytest.mark.parametrize("module", MODULES)
async def test_nothing_made_from_the_description_breaks_the_server(client, maya, module, mode):
    """FED-59: what fits the description, and what does not, is answered or refused."""
    base = str(client.make_url("/")).rstrip("/")
    document = description(client.app, title="Home", base_url=base)
    document["paths"] = {
        path: chosen
        for path, methods in document["paths"].items()
        if (
            chosen := {
                method: operation
                for method, operation in methods.items()
                if operation["operationId"].startswith(f"{module}.")
            }
        )
    }
    headers = {**maya.headers, "Host": HOST}

    await asyncio.to_thread(_run, document, base, headers, mode)


def _run(document, base, headers, mode):
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
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case):
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
