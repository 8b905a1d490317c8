"""School, subjects and grades on profiles, and the directory by them."""

import pytest

from fedi_k12.services import leaving, views
from tests.browse import filled_in

EMPTY = {"avatar": ("", b"", "application/octet-stream")}


@pytest.fixture
def listed(at_tom):
    async def look(query: str = "") -> list[str]:
        page = await at_tom.get(f"/directory{query}")
        assert page.status == 200
        return [code.text for code in page.main.find("code")]

    return look


@pytest.fixture
async def three(make_member, present):
    """Three colleagues who want to be found, and one who does not."""
    told = {
        "zoe": ("Ana Lima", "Lincoln Elementary", "Math, Science", "3-5"),
        "ben": ("Ben", "Lincoln Elementary", "Français", "K, 1"),
        "cleo": ("Cleo", "Jefferson Middle", "math", "6-8"),
        "dan": ("Dan", "Lincoln Elementary", "Math", "3"),
    }
    for name, (shown, school, subjects, grades) in told.items():
        member = await make_member(name)
        await present(
            member,
            display_name=shown,
            fields=(("School", school), ("Subjects", subjects), ("Grades", grades)),
            discoverable=name != "dan",
        )


async def test_the_directory_is_for_members(visitor):
    assert (await visitor.get("/directory")).location.startswith("/auth/sign_in")


async def test_nobody_is_listed_who_does_not_wish_it(listed, maya):
    del maya
    assert await listed() == []


class TestProfile:
    @pytest.fixture
    def own(self, ctx, maya):
        async def look():
            async with ctx.read() as session:
                view = await views.account_view(session, maya.account.id)
            return [(field.name, field.source) for field in view.fields]

        return look

    async def test_what_one_teaches_becomes_lines_and_comes_back(self, at_maya, own):
        page = await at_maya.get("/settings")
        typed = {
            "school": "Lincoln Elementary", "subject": "Math", "grade": "3-5",
            "name0": "Ask me about", "value0": "clay", "discoverable": "1",
        }  # fmt: skip
        await at_maya.submit(page, "/settings", typed, files=EMPTY)
        again = filled_in((await at_maya.get("/settings")).form("/settings"))

        assert await own() == [
            ("School", "Lincoln Elementary"),
            ("Subjects", "Math"),
            ("Grades", "3-5"),
            ("Ask me about", "clay"),
        ]
        assert typed.items() <= again.items()

    async def test_grades_that_are_none_are_asked_about(self, at_maya, own):
        page = await at_maya.get("/settings")
        answer = await at_maya.submit(
            page, "/settings", {"grade": "everybody", "school": "Lincoln"}, files=EMPTY
        )

        assert answer.status == 422
        assert answer.root.find("a", href="#f-grade")
        assert filled_in(answer.form("/settings"))["school"] == "Lincoln"
        assert await own() == []

    async def test_more_lines_than_there_are_come_back(self, at_maya, own):
        page = await at_maya.get("/settings")
        lines = {f"name{at}": f"Line {at}" for at in range(8)}
        answer = await at_maya.submit(
            page, "/settings", {"school": "Lincoln", **lines}, files=EMPTY
        )

        assert answer.status == 422
        assert filled_in(answer.form("/settings"))["name7"] == "Line 7"
        assert await own() == []


@pytest.mark.usefixtures("three")
class TestDirectory:
    async def test_people_stand_by_name_or_the_newest_first(self, listed):
        assert await listed() == ["@zoe", "@ben", "@cleo"]
        assert await listed("?order=newest") == ["@cleo", "@ben", "@zoe"]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("?school=Lincoln+Elementary", ["@zoe", "@ben"]),
            ("?subject=math", ["@zoe", "@cleo"]),
            ("?subject=MATH&grade=4", ["@zoe"]),
            ("?subject=francais", ["@ben"]),
            ("?grade=k", ["@ben"]),
            ("?grade=12", []),
            ("?school=&subject=&grade=&order=", ["@zoe", "@ben", "@cleo"]),
            ("?school=%25_'", ["@zoe", "@ben", "@cleo"]),
        ],
    )
    async def test_they_are_found_by_what_they_say_of_themselves(self, listed, query, found):
        assert await listed(query) == found

    async def test_what_can_be_chosen_is_what_somebody_listed_says(self, at_tom):
        page = await at_tom.get("/directory?subject=math")
        offered = {
            select["name"]: [option.text for option in select.find("option")]
            for select in page.main.find("select")
        }
        chosen = [o.text for o in page.main.find("option") if "selected" in o.attributes]

        assert offered["school"] == ["Any school", "Jefferson Middle", "Lincoln Elementary"]
        assert offered["subject"] == ["Any subject", "Français", "Math", "Science"]
        assert offered["grade"] == ["Any grade", "K", "1", "3", "4", "5", "6", "7", "8"]
        assert chosen == ["Math"]

    async def test_nobody_is_counted(self, at_tom):
        page = await at_tom.get("/directory")

        assert not [p for p in page.main.find("p") if p.text.isdigit()]
        assert "3 " not in page.main.find("h1")[0].text

    async def test_there_are_pages(self, at_tom, monkeypatch):
        monkeypatch.setattr("webui.directory.PEOPLE", 2)
        first = await at_tom.get("/directory")
        way = next(a["href"] for a in first.main.find("a") if a["rel"] == "next")
        second = await at_tom.get(way)

        assert [code.text for code in second.main.find("code")] == ["@cleo"]
        assert [a["href"] for a in second.main.find("a") if a["rel"]] == ["/directory?page=1"]

    @pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 30, "٣", "4000"])
    async def test_a_page_that_is_none_is_no_trouble(self, at_tom, page):
        assert (await at_tom.get(f"/directory?page={page}")).status == 200

    async def test_who_changes_their_mind_is_found_no_more(
        self, listed, make_member, present, ctx
    ):
        eve = await make_member("eve")
        await present(eve, fields=(("Subjects", "Chess"),), discoverable=True)
        assert await listed("?subject=chess") == ["@eve"]

        await present(eve, fields=())
        assert await listed("?subject=chess") == []

        await present(eve, fields=(("Subjects", "Chess"),))
        await ctx.write(
            leaving.leave, actor=eve.actor, account_id=eve.account.id, now=ctx.clock()
        )
        assert await listed() == ["@zoe", "@ben", "@cleo"]
