"""Lists of blocked servers are looked at before they are taken over.

Row 1.17 "Shared lists": Mastodon's CSV with a preview, provenance and a gate; FED-112.
"""

import pytest

from fedi_k12.domain import blocklists as lists
from fedi_k12.domain.errors import InvalidError
from fedi_k12.services import blocklists, follows, moderation

HEAD = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"


def parsed(*rows, own=("home.example",)):
    return lists.parse(HEAD + "\n".join(rows), own_hosts=own)


@pytest.mark.parametrize(
    "row",
    [
        pytest.param("*,suspend", id="FED-112 everybody"),
        pytest.param("*.,suspend", id="FED-112 everybody, with a dot"),
        pytest.param("home.example,suspend", id="FED-112 this server"),
        pytest.param("example,suspend", id="FED-112 what this server is part of"),
        pytest.param("org,suspend", id="FED-112 what others register under"),
        pytest.param("k12.or.us,suspend", id="FED-112 all schools of a state"),
    ],
)
def test_a_row_about_everybody_or_us_is_left_out_and_named(row):
    found = parsed(row, "spam.test,suspend")

    assert [entry.domain for entry in found.entries] == ["spam.test"]
    assert len(found.left_out) == 1


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"<!doctype html><html>", id="FED-112 a page"),
        pytest.param(b'{"domain": "x"}', id="FED-112 another format"),
        pytest.param(b"\xff\xfe", id="not text"),
        pytest.param(b"a" * (lists.MAX_BYTES + 1), id="FED-112 too long"),
        pytest.param(
            (HEAD + "a.test,suspend\n" * (lists.MAX_ROWS + 1)).encode(), id="FED-112 too many"
        ),
    ],
)
def test_a_list_that_is_none_is_refused(data):
    with pytest.raises(InvalidError):
        lists.parse(data)


def test_lists_travel():
    found = parsed("a.test,silence,true,false,Loud,true", "b.test,noop,true", "c.test,noop")

    assert [(e.domain, e.severity) for e in found.entries] == [
        ("a.test", "limit"),
        ("b.test", "normal"),
    ]
    assert lists.parse(lists.write(found.entries)) == found


@pytest.fixture
async def followed(do, maya, tom, make_remote):
    """Ria at a.spam.test: maya follows her, and she follows tom."""
    ria = await make_remote("ria", "a.spam.test")
    await do(follows.follow, actor=maya.actor, target_id=ria.id)
    await do(follows.request_follow, follower=ria, target=tom.account, uri="http://x.test/1")
    return ria


async def test_the_plan_says_whom_it_costs_what(see, followed):
    plan = await see(blocklists.plan, parsed("spam.test,suspend", "far.test,suspend"))

    costs = {row.entry.domain: (row.follows, row.members) for row in plan.rows}
    assert costs == {"spam.test": (2, 2), "far.test": (0, 0)}
    assert (plan.follows, plan.members) == (2, 2)
    assert [row.entry.domain for row in plan.to_do(sever=False)] == ["far.test"]
    assert len(plan.to_do(sever=True)) == 2


async def test_what_staff_decided_no_list_undoes(do, see):
    await do(moderation.set_host_policy, actor=None, domain="a.test", severity="allow")
    await do(
        moderation.set_host_policy,
        actor=None,
        domain="b.test",
        severity="limit",
        source="list of last year",
    )
    await do(moderation.set_host_policy, actor=None, domain="c.test", severity="suspend")

    plan = await see(
        blocklists.plan, parsed("a.test,suspend", "b.test,suspend", "c.test,suspend")
    )

    assert {row.entry.domain: row.change for row in plan.rows} == {
        "a.test": "kept",
        "b.test": "changed",
        "c.test": "same",
    }


async def test_a_decision_of_a_list_says_where_it_is_from(do, see):
    [entry] = parsed("a.test,suspend,,,Spam").entries

    await do(
        blocklists.apply, actor=None, entry=entry, source="list oliphant.csv", own_hosts=()
    )

    [policy] = await see(moderation.host_policies)
    assert (policy.source, policy.public_comment) == ("list oliphant.csv", "Spam")
