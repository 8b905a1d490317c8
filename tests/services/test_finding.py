"""People and hashtags are found by what one types of them."""

import pytest
from sqlalchemy import select

from fedi_k12.domain.posts import Visibility
from fedi_k12.domain.presenting import ProfileChanges
from fedi_k12.services import finding, profiles, tags
from storage.tables import AccountRow


@pytest.fixture
async def people(make_member, make_remote):
    await make_member("jose", display_name="José Martínez-García")
    await make_member("duc", display_name="Đức Nguyễn")
    await make_member("wei", display_name="张伟")
    await make_member("noor", display_name="نور المَدْرَسَة")
    await make_remote("joseph", "north.example")


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("jose", ["jose", "joseph@north.example"]),
        ("José", ["jose", "joseph@north.example"]),
        ("JOSÉ", ["jose", "joseph@north.example"]),
        ("martinez", ["jose"]),
        ("garcia jose", ["jose"]),
        ("García marti", ["jose"]),
        ("artinez", []),
        ("jose tom", []),
        ("duc", ["duc"]),
        ("nguyen", ["duc"]),
        ("Nguyễn Đức", ["duc"]),
        ("张", ["wei"]),
        ("张伟", ["wei"]),
        ("نور", ["noor"]),
        ("المدرسة", ["noor"]),
        ("@jose", ["jose", "joseph@north.example"]),
        ("@joseph@north.example", ["joseph@north.example"]),
        ("joseph@nor", ["joseph@north.example"]),
        ("joseph@south", []),
        ("\\", []),
        ("%", []),
        ("_", []),
        ("@", []),
        ("😀", []),
    ],
)
async def test_people_are_found_by_words_of_their_names_and_handles(see, people, words, names):
    found = await see(finding.search_accounts, q=words, limit=10, viewer=None)

    assert [view.acct for view in found] == names


async def test_a_new_name_is_found_and_the_old_one_no_more(do, see, maya):
    changes = ProfileChanges(display_name="Ágnes Kovács")
    await do(profiles.update_profile, actor=maya.actor, changes=changes)

    look = {"limit": 10, "viewer": None}
    assert [one.id for one in await see(finding.search_accounts, q="agnes", **look)] == [
        maya.account.id
    ]

    await do(
        profiles.update_profile,
        actor=maya.actor,
        changes=ProfileChanges(display_name="Maya"),
    )

    assert await see(finding.search_accounts, q="agnes", **look) == []


@pytest.fixture
def hashtags(see):
    async def run(q, **more):
        found = await see(
            tags.search, **{"q": q, "limit": 10, "offset": 0, "viewer": None, **more}
        )
        return [one.name for one in found]

    return run


async def test_hashtags_are_found_with_accents_or_without(hashtags, publish, maya):
    await publish(maya, "#Educación #educators #ed #数学 #Việtnam")

    assert await hashtags("educa") == ["educación", "educators"]
    assert await hashtags("#educacion") == ["educación"]
    assert await hashtags("EDUCACIÓN") == ["educación"]
    assert await hashtags("ed") == ["ed", "educación", "educators"], "the very one first"
    assert await hashtags("ed", limit=1, offset=1) == ["educación"]
    assert await hashtags("viet") == ["việtnam"]
    assert await hashtags("数") == ["数学"]
    for none in ("%", "_", "", "#", "two words", "😀"):
        assert await hashtags(none) == [], none


async def test_reviewed_hashtags_are_those_of_people_in_good_standing(
    ctx, hashtags, publish, maya, tom
):
    await publish(maya, "#schoolgarden #schoolquiz")
    await publish(tom, "#schoolquiz", visibility=Visibility.PUBLIC)
    await publish(tom, "#schoolsecret", visibility=Visibility.FOLLOWERS)

    async def limit(session):
        row = await session.scalar(select(AccountRow).where(AccountRow.id == maya.account.id))
        row.silenced_at = ctx.clock()

    await ctx.write(limit)

    assert await hashtags("school") == ["schoolgarden", "schoolquiz", "schoolsecret"]
    assert await hashtags("school", reviewed=True) == ["schoolquiz"]
