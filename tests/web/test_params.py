"""What apps send, in every encoding and spelling."""

import io

import pytest
from aiohttp import FormData, web
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fedi_k12.domain.errors import (
    DomainError,
    InvalidError,
    MalformedError,
    NotFoundError,
)
from fedi_k12.web.errors import error_middleware
from fedi_k12.web.params import Params, _put, params


@pytest.fixture
async def reader(aiohttp_client):
    """A server that says what it understood."""
    seen = []

    async def read(request):
        found = await params(request)
        if upload := found.upload("file"):
            # A file is gone with its request.
            kept = replace(upload, file=io.BytesIO(upload.data))
            found = Params({name: found._values[name] for name in found} | {"file": kept})
        seen.append(found)
        return web.Response(text="ok")

    app = web.Application(middlewares=[error_middleware], client_max_size=300_000)
    app.router.add_route("*", "/api/", read)
    client = await aiohttp_client(app)

    async def ask(method="POST", **parts):
        answer = await client.request(method, "/api/" + parts.pop("query", ""), **parts)
        return answer.status, seen[-1] if seen else None

    return ask


JSON = {"Content-Type": "application/json"}
WAYS = {
    "query": {
        "method": "GET",
        "query": "?status=Hello&ids[]=1&ids[]=2&poll[options][]=a&flag=1",
    },
    "form": {
        "data": [
            ("status", "Hello"), ("ids[]", "1"), ("ids[]", "2"), ("poll[options][]", "a"),
            ("flag", "on"),
        ]
    },
    "JSON": {
        "json": {"status": "Hello", "ids": [1, "2"], "poll": {"options": ["a"]}, "flag": True}
    },
    "JSON with brackets": {
        "json": {"status": "Hello", "ids[]": ["1", "2"], "poll[options][]": ["a"], "flag": "t"}
    },
    "indices": {
        "data": [
            ("status", "Hello"), ("ids[1]", "2"), ("ids[0]", "1"), ("poll[options][0]", "a"),
            ("flag", "t"),
        ]
    },
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
async def test_the_same_thing_is_understood_in_every_way(reader, way):
    status, found = await reader(**way)

    assert status == 200
    assert found.text("status") == "Hello"
    assert found.ids("ids") == [1, 2]
    assert found.part("poll").texts("options") == ["a"]
    assert found.flag("flag") is True
    assert set(found) >= {"status", "flag"}


async def test_multipart_forms_bring_files(reader):
    form = FormData()
    form.add_field("description", "A plan")
    form.add_field("file", b"\x89PNG", filename="../../a.png", content_type="image/png")

    _, found = await reader(data=form)

    assert found.text("description") == "A plan"
    assert found.upload("file").data == b"\x89PNG"
    assert found.upload("description") is None


async def test_the_word_of_the_body_beats_that_of_the_query(reader):
    _, found = await reader(query="?a=1&b=1&c[]=1", json={"a": "2", "c": ["2"], "b": None})

    assert (found.text("a"), found.text("b"), found.texts("c")) == ("2", "1", ["2"])


async def test_things_within_things_are_kept_together(reader):
    _, found = await reader(
        data=[
            ("keywords_attributes[][keyword]", "a"),
            ("keywords_attributes[][whole_word]", "true"),
            ("keywords_attributes[][keyword]", "b"),
            ("fields_attributes[0][name]", "Teaches"),
            ("fields_attributes[0][value]", "Maths"),
        ]
    )

    words = found.parts("keywords_attributes")
    assert [word.text("keyword") for word in words] == ["a", "b"]
    assert words[0].flag("whole_word")
    assert found.parts("fields_attributes")[0].text("value") == "Maths"


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        pytest.param({"data": b"{", "headers": JSON}, 400, id="half"),
        pytest.param({"json": [1]}, 400, id="a list"),
        pytest.param({"data": b" ", "headers": JSON}, 200, id="blank"),
        pytest.param(
            {"data": b"x=1", "headers": {"Content-Type": "text/plain"}}, 200, id="words"
        ),
        pytest.param({"json": {"a": "x" * 400_000}}, 413, id="JSON too large"),
        pytest.param({"data": {"a": "x" * 400_000}}, 413, id="a form too large"),
        pytest.param({"data": [(f"a{n}", "1") for n in range(2500)]}, 413, id="too many parts"),
        pytest.param(
            {
                "data": b"--x\r\n",
                "headers": {"Content-Type": "multipart/form-data; boundary=y"},
            },
            400,
            id="a broken form",
        ),
        pytest.param(
            {"data": b"x", "headers": {"Content-Type": "multipart/form-data"}},
            400,
            id="no boundary",
        ),
        pytest.param(
            {"data": b"[" * 5000, "headers": JSON},
            400,
            id="deep",
        ),
        pytest.param(
            {"data": b'{"a":"\xff"}', "headers": JSON},
            400,
            id="not UTF-8",
        ),
    ],
)
async def test_what_cannot_be_read_is_refused(reader, parts, status):
    assert (await reader(**parts))[0] == status


@pytest.mark.parametrize("value", ["x", "", None, 5, True, 1.5, [1], {"a": 1}])
@pytest.mark.parametrize(
    "read",
    [
        lambda p: p.text("a"), lambda p: p.optional("a"), lambda p: p.flag("a"),
        lambda p: p.choice("a"), lambda p: p.whole("a"), lambda p: p.id("a"),
        lambda p: p.cursor("a"), lambda p: p.texts("a"), lambda p: p.ids("a"),
        lambda p: p.parts("a"), lambda p: p.part("a"), lambda p: p.upload("a"),
        lambda p: p.limit(default=1, most=2), lambda p: p.has("a"),
    ],
)  # fmt: skip
def test_any_value_is_understood_or_refused(read, value):
    try:
        read(Params({"a": value, "limit": value}))
    except DomainError as refused:
        assert refused.status in {404, 422}  # noqa: PT017 - a refusal is as good as an answer


@pytest.mark.parametrize(
    ("value", "number"),
    [("5", 5), (5, 5), (5.7, 5), ("", None), (None, None), ("-3", -3)],
)
def test_whole_numbers(value, number):
    assert Params({"a": value}).whole("a") == number


@pytest.mark.parametrize(
    "value", ["x", "1.5", True, [], 10**30, float("inf"), float("nan"), "\u0661x"]
)
def test_what_is_no_whole_number_is_refused(value):
    with pytest.raises(InvalidError):
        Params({"a": value}).whole("a")


@pytest.mark.parametrize(
    ("value", "limit"), [(None, 20), ("5", 5), ("500", 40), ("0", 20), ("-1", 20)]
)
def test_limits_are_cut_never_refused(value, limit):
    assert Params({"limit": value}).limit(default=20, most=40) == limit


def test_ids_that_cannot_be_are_not_found_and_cursors_are_ignored():
    with pytest.raises(NotFoundError):
        Params({"a": "abc"}).id("a")
    assert Params({"a": ""}).id("a") is None
    assert Params({"a": "7"}).id("a") == 7
    assert Params({"a": "abc"}).cursor("a") is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x" * 300_000, id="endless"),
        pytest.param("a\x00b", id="FED-58 NUL"),
        pytest.param("\ud800", id="FED-58 a lone surrogate"),
    ],
)
def test_texts_that_no_store_can_hold_are_refused(text):
    with pytest.raises(InvalidError) as refused:
        Params({"a": text}).text("a")

    assert "a" in refused.value.fields


def test_the_same_name_twice_means_both():
    found = {}
    for value in ("1", "2", "3"):
        _put(found, "id", value)

    assert Params(found).ids("id") == [1, 2, 3]


@given(
    st.lists(
        st.tuples(
            st.text("ab[]01 ", max_size=12), st.text(max_size=5) | st.lists(st.text("ab"))
        ),
        max_size=8,
    )
)
def test_any_names_are_put_somewhere(pairs):
    found = {}

    for name, value in pairs:
        _put(found, name, value)

    for name in found:
        Params(found).texts(name)
        Params(found).parts(name)


def test_depth_is_capped():
    with pytest.raises(MalformedError, match="deeply"):
        _put({}, "a" + "[b]" * 500, "x")


@pytest.mark.parametrize(
    "head",
    [b'form-data; name="\xc3\xa9\xc2\x91"', b"form-data", b'form-data; name="a"\r\nno header'],
    ids=["control characters in a name", "no name", "a line that is no header"],
)
@pytest.mark.parametrize("path", ["/api/v1/media", "/auth/sign_in"])
async def test_fed_59_a_form_whose_parts_cannot_be_read_is_refused(client, maya, path, head):
    body = b"--abc\r\nContent-Disposition: " + head + b"\r\n\r\nx\r\n--abc--\r\n"

    answer = await client.post(
        path,
        data=body,
        headers={**maya.headers, "Content-Type": "multipart/form-data; boundary=abc"},
    )

    assert 400 <= answer.status < 500
