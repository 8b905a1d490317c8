"""Lists come along from one district to another, though the power fails meanwhile."""

import pytest

from tests.live import Districts, Sitting, seen

pytestmark = pytest.mark.timeout(400)
NAMES = ("tom", "kim", "ana", "lee")


@pytest.fixture
def districts(tmp_path):
    both = Districts(tmp_path)
    with both.names_known():
        both.lincoln.start()
        both.riverside.start()
        yield both
        both.lincoln.stop()
        both.riverside.stop()


class Bringing(Sitting):
    """Somebody who brings files."""

    def bring(self, kind: str, text: str) -> str:
        """Bring a file and begin; return the page of the import."""
        place = self.send("/settings/files", "/settings/files", file=text, kind=kind)
        self.send(place, place + "/begin")
        return place


def test_lists_go_from_one_district_to_another_and_back(districts):
    lincoln, riverside = districts.lincoln, districts.riverside
    for name in ("maya", *NAMES):
        lincoln.member(name)
    riverside.member("mia")
    maya, mia = Bringing(districts, lincoln, "maya"), Bringing(districts, riverside, "mia")
    follows = "".join(f"{name}@lincoln.test,true,{'true' if name == 'kim' else 'false'},\n"
                      for name in NAMES)  # fmt: skip
    head = "Account address,Show boosts,Notify on new posts,Languages\n"
    place = maya.bring("following", head + follows)
    seen(lambda: "4 of 4 are done" in maya.get(place), within=15)
    listed = "Grade 4,tom@lincoln.test\nGrade 4,kim@lincoln.test\n"
    place = maya.bring("lists", listed)
    seen(lambda: "2 of 2 are done" in maya.get(place), within=15)
    taken = {name: maya.get(f"/settings/files/{name}.csv")
             for name in ("following_accounts", "lists")}  # fmt: skip
    assert sorted(taken["following_accounts"].splitlines()[1:]) == sorted(follows.splitlines())

    there = mia.bring("following", taken["following_accounts"])
    riverside.kill()
    riverside.start()

    seen(lambda: "4 of 4 are done" in mia.get(there), within=30)
    # An Accept for which nobody was there is sent again, within 36 seconds.
    seen(
        lambda: (
            "kim@lincoln.test,true,true" in mia.get("/settings/files/following_accounts.csv")
        ),
        within=45,
    )
    seen(lambda: mia.get("/settings/files/following_accounts.csv").count("@") == 4, within=45)
    there = mia.bring("lists", taken["lists"])
    seen(lambda: "2 of 2 are done" in mia.get(there), within=30)
    assert sorted(mia.get("/settings/files/lists.csv").splitlines()) == sorted(
        listed.splitlines()
    )
    back = mia.get("/settings/files/following_accounts.csv")
    assert sorted(back.splitlines()) == sorted(taken["following_accounts"].splitlines())
