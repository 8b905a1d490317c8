"""The description of the API: whole, true, readable; and nothing in it can break the server."""

import re

from jsonschema_rs import Draft202012Validator

from fedi_k12.api.openapi import operations
from fedi_k12.api.shapes import SHAPES
from fedi_k12.web.auth import access_of
from fedi_k12.web.reads import reads_of


async def test_nothing_is_described_that_is_not_served(client):
    served = {(item.method.upper(), item.path) for item in operations(client.app)}

    assert [line for line in SHAPES if tuple(line.split(" ", 1)) not in served] == []


async def test_the_description_says_what_each_address_takes_needs_and_answers(client):
    document = await (await client.get("/api/openapi.json")).json()

    post = document["paths"]["/api/v1/statuses"]["post"]
    assert post["security"] == [{"token": ["write:statuses"]}]
    takes = post["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert takes["status"] == {"type": "string"}
    assert takes["media_ids"]["type"] == "array"
    assert takes["poll"]["properties"]["expires_in"] == {"type": "integer"}
    done = post["responses"]["200"]["content"]["application/json"]["schema"]
    kinds = ("Status", "ScheduledStatus")
    assert done["oneOf"] == [{"$ref": f"#/components/schemas/{kind}"} for kind in kinds]
    home = document["paths"]["/api/v1/timelines/home"]["get"]
    limit = next(item for item in home["parameters"] if item["name"] == "limit")
    assert limit["schema"] == {"type": "integer", "default": 20, "description": "At most 40."}


async def test_every_schema_in_the_description_is_one(client):
    document = await (await client.get("/api/openapi.json")).json()

    for name, schema in document["components"]["schemas"].items():
        whole = {**schema, "components": document["components"]}

        assert Draft202012Validator(whole) is not None, name
    used = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert used <= set(document["components"]["schemas"])


async def test_the_description_can_be_read_as_a_page(client):
    page = await (await client.get("/api", headers={"Accept": "text/html"})).text()

    for path in ("/api/v1/statuses", "/oauth/token", "/api/v2/search"):
        assert f" {path}</code>" in page


def test_what_a_handler_hands_on_is_followed():
    from fedi_k12.api import statuses

    found = reads_of(statuses.create)

    assert found["poll"].within["options"].kind == "texts"
    assert access_of(statuses.create).needs == ("write:statuses",)
