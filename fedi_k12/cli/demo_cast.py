"""Who lives in the two districts of the demo, and what they say to one another."""

from typing import Literal

from msgspec import Struct, field

Who = Literal["public", "unlisted", "followers", "direct"]
PASSWORD = "seven quiet maple windows"  # noqa: S105 - printed for whoever starts the demo


class Person(Struct, frozen=True):
    """An account of the demo."""

    username: str
    name: str
    about: str
    fields: tuple[tuple[str, str], ...] = ()
    kind: str = "Person"
    role: str = "member"


class Said(Struct, frozen=True):
    """A post of the demo; people are named as `district/username`."""

    key: str
    by: str
    text: str
    minutes_ago: int
    who: Who = "public"
    answers: str = ""
    note: str = ""
    picture: str = ""
    alt: str = ""
    language: str = "en"
    liked_by: tuple[str, ...] = ()
    boosted_by: tuple[str, ...] = ()


class District(Struct, frozen=True):
    """A district of the demo and who lives there."""

    name: str
    title: str
    port: int
    hue: float
    people: tuple[Person, ...] = field(default_factory=tuple)

    @property
    def domain(self) -> str:
        """The host and port of its server, a name of this very machine."""
        return f"{self.name}.localhost:{self.port}"


LINCOLN = District(
    "lincoln",
    "Lincoln County Schools",
    8081,
    155,
    (
        Person(
            "maya",
            "Maya Okafor",
            "Grade 4, nine years at Willow Street. I teach fractions with bread, music and, "
            "lately, bicycle gears. Views my own. #fractions #math",
            (("Teaches", "Grade 4, all subjects"), ("Ask me about", "number talks")),
            role="owner",
        ),
        Person(
            "tom",
            "Tom Lindqvist",
            "High school chemistry and the school weather station. #science",
            (("Teaches", "Chemistry, grades 10–12"), ("Room", "the one that smells of lemon")),
            role="moderator",
        ),
        Person(
            "daniel",
            "Daniel Reyes",
            "Librarian. I read with my ears: please describe your pictures. #libraries",
            (("Library", "Lincoln Middle School"),),
        ),
        Person(
            "hana",
            "Hana Sato",
            "Music, kindergarten to grade 5. Forty ukuleles, one tuner. #music",
            (("Teaches", "Music K–5"),),
        ),
        Person(
            "ben",
            "Ben Whitlock",
            "School counselor. Mornings are for students, afternoons for families.",
            (("Works at", "Lincoln Middle School"),),
        ),
        Person(
            "aiyana",
            "Aiyana Brooks",
            "Grade 3, first year. Keeping a list of what works. #firstyear",
            (("Teaches", "Grade 3"),),
        ),
        Person(
            "schools",
            "Lincoln County Schools",
            "News of the district: buses, weather, meetings. Answered by people, 8 to 4.",
            (("Office", "14 Alder Avenue"),),
            kind="Organization",
        ),
    ),
)

RIVERSIDE = District(
    "riverside",
    "Riverside Unified",
    8082,
    250,
    (
        Person(
            "priya",
            "Priya Natarajan",
            "Science, grades 6–8. Paper strips beat every app I own. #science #fractions",
            (("Teaches", "Science, grades 6–8"),),
            role="owner",
        ),
        Person(
            "joon",
            "Joon Pak",
            "Student teacher, history. Learning names first. #socialstudies",
            (("Teaches", "History, grade 9"),),
        ),
        Person(
            "leila",
            "Leila Haddad",
            "Newcomer program: English for students who arrived this year. #ELL",
            (("Languages", "Arabic, English, French"),),
        ),
        Person(
            "ines",
            "Inês Carvalho",
            "Art, all grades. The kiln is hot on Thursdays. #art",
            (("Teaches", "Art"),),
        ),
        Person(
            "sam",
            "Sam Whitehorse",
            "Special education, grades 1–5. Visual schedules for everybody. #sped",
            (("Teaches", "Resource room"),),
        ),
        Person(
            "grace",
            "Grace Mbeki",
            "Principal. I answer in the morning, before the buses.",
            (("School", "Harbor Point Elementary"),),
            role="moderator",
        ),
        Person(
            "schools",
            "Riverside Unified",
            "The district's own voice. Board meetings, closures, thanks.",
            (("Office", "2 Harbor Street"),),
            kind="Organization",
        ),
    ),
)

DISTRICTS = (LINCOLN, RIVERSIDE)

FOLLOWS = (
    ("lincoln/maya", "riverside/priya"),
    ("lincoln/maya", "lincoln/tom"),
    ("lincoln/maya", "lincoln/aiyana"),
    ("lincoln/maya", "lincoln/daniel"),
    ("lincoln/maya", "lincoln/schools"),
    ("lincoln/maya", "riverside/sam"),
    ("lincoln/tom", "riverside/priya"),
    ("lincoln/tom", "lincoln/maya"),
    ("lincoln/daniel", "riverside/leila"),
    ("lincoln/daniel", "lincoln/maya"),
    ("lincoln/hana", "riverside/ines"),
    ("lincoln/aiyana", "lincoln/maya"),
    ("lincoln/aiyana", "riverside/priya"),
    ("lincoln/aiyana", "riverside/joon"),
    ("lincoln/ben", "riverside/grace"),
    ("riverside/priya", "lincoln/maya"),
    ("riverside/priya", "lincoln/tom"),
    ("riverside/priya", "lincoln/aiyana"),
    ("riverside/priya", "riverside/sam"),
    ("riverside/joon", "lincoln/aiyana"),
    ("riverside/joon", "lincoln/daniel"),
    ("riverside/leila", "lincoln/daniel"),
    ("riverside/ines", "lincoln/hana"),
    ("riverside/sam", "lincoln/ben"),
    ("riverside/sam", "lincoln/maya"),
    ("riverside/grace", "riverside/schools"),
    ("riverside/grace", "lincoln/schools"),
    ("riverside/priya", "lincoln/schools"),
)

POSTS = (
    Said(
        "squash",
        "lincoln/schools",
        "The last squash is in. Grade 4 at Willow Street weighed every one of them, in pounds "
        "and then in fractions of the biggest. The wall chart is in the hall until "
        "Thanksgiving; the garden gate is open until 5.",
        60 * 52,
        picture="garden",
        alt="A plan of three raised garden beds: squash in the first, sunflowers in the "
        "second, beans in the third, with a path between them.",
        boosted_by=("riverside/grace",),
        liked_by=("lincoln/maya", "riverside/priya"),
    ),
    Said(
        "strips",
        "riverside/priya",
        "Paper strips beat every app I own. Same strip, folded, labelled, kept in an envelope "
        "for the whole unit. By Friday they reach for it on their own. #fractions",
        60 * 30,
        picture="fractions",
        alt="Paper strips of the same length, one below the other: a whole, two halves, three "
        "thirds, four fourths and six sixths. One fourth is coloured.",
        boosted_by=("lincoln/maya",),
        liked_by=("lincoln/maya", "lincoln/tom", "lincoln/aiyana"),
    ),
    Said(
        "gears",
        "lincoln/maya",
        "Gear ratios went better than I hoped. A bicycle upside down on a desk, chalk on the "
        "tire, and the question “how many turns until the chalk comes back?” They found thirds "
        "by themselves. #math #fractions",
        60 * 27,
        boosted_by=("riverside/priya",),
        liked_by=("riverside/priya", "riverside/sam", "lincoln/aiyana"),
    ),
    Said(
        "novels",
        "lincoln/daniel",
        "New on the returns trolley: eleven graphic novels, all of them described for readers "
        "who listen. Ask me for the list in braille or large print. #libraries",
        60 * 25,
        liked_by=("riverside/leila", "riverside/joon"),
    ),
    Said(
        "bilingual",
        "riverside/leila",
        "On apprend à dire « je ne comprends pas encore » dans toutes nos langues. Le mot le "
        "plus important, c’est « encore ». #ELL",
        60 * 24,
        language="fr",
        boosted_by=("lincoln/daniel",),
        liked_by=("lincoln/daniel",),
    ),
    Said(
        "bereavement",
        "lincoln/ben",
        "For colleagues who asked: the order in which we told people on Friday, and the words "
        "we used. Please ask me before you share it further.",
        60 * 22,
        who="followers",
        note="About a bereavement in a class",
        liked_by=("riverside/sam",),
    ),
    Said(
        "ukulele",
        "lincoln/hana",
        "Forty ukuleles, one tuner, twelve minutes. New rule: whoever tunes last chooses the "
        "first song. It has never been so quiet in here. #music",
        60 * 9,
        boosted_by=("riverside/ines",),
        liked_by=("riverside/ines",),
    ),
    Said(
        "rain",
        "lincoln/tom",
        "Our weather station after ten weeks: the class predicted the wettest month from the "
        "first three and was wrong, which made for a much better lesson. #science",
        60 * 7,
        picture="rain",
        alt="A bar chart of rain by week: low in the first three weeks, then rising, with the "
        "highest bar in week nine.",
        boosted_by=("riverside/priya",),
        liked_by=("riverside/priya", "lincoln/maya"),
    ),
    Said(
        "half",
        "lincoln/aiyana",
        "Week eleven. I asked the class what one half of a thing is before I showed them "
        "anything, and Ruben’s table said “the fair bit”. I am keeping that. Has anyone "
        "started from sharing rather than from shapes? #fractions #firstyear",
        200,
        boosted_by=("lincoln/maya", "riverside/joon"),
        liked_by=("lincoln/maya", "riverside/priya", "lincoln/tom"),
    ),
    Said(
        "half-clay",
        "riverside/priya",
        "Yes, and with clay. One lump, two friends, one cuts and the other chooses. They argue "
        "about fairness long before they need a numerator.",
        180,
        answers="half",
        liked_by=("lincoln/aiyana", "lincoln/maya"),
    ),
    Said(
        "half-thanks",
        "lincoln/aiyana",
        "One cuts, the other chooses! That is Thursday settled. Thank you.",
        170,
        answers="half-clay",
        liked_by=("riverside/priya",),
    ),
    Said(
        "half-music",
        "lincoln/maya",
        "We did it with a song: half of the class claps half of the beats. Ask Hana for the "
        "one about the ferry.",
        150,
        answers="half",
    ),
    Said(
        "schedule",
        "riverside/sam",
        "I put a visual schedule on the door for two students. By noon half the corridor was "
        "using it, and so was the substitute. Make it for one, it serves everybody. #sped",
        120,
        liked_by=("lincoln/maya", "riverside/priya"),
    ),
    Said(
        "names",
        "riverside/joon",
        "Day four as a student teacher: thirty names, said right, without the sheet. "
        "@aiyana@lincoln.localhost:8081 you were right about the seating plan as a map.",
        90,
        liked_by=("lincoln/aiyana",),
    ),
    Said(
        "kiln",
        "riverside/ines",
        "The kiln gave back sixty-one cups and one small dragon nobody admits to. It sits on "
        "my desk now and judges glazes. #art",
        70,
        liked_by=("lincoln/hana",),
    ),
    Said(
        "route",
        "lincoln/schools",
        "Route 7 goes by Alder Avenue today and tomorrow. Willow Street is closed for the "
        "water main. The stop at the library moves across the road; all times stay the same.",
        45,
        picture="detour",
        alt="A street map. Route 7 leaves Willow Street, which is closed, turns up to Alder "
        "Avenue, passes the library and comes back to its usual road two blocks later.",
        boosted_by=("riverside/grace",),
    ),
    Said(
        "letters",
        "lincoln/maya",
        "@priya@riverside.localhost:8082 shall our classes trade weather letters in spring? "
        "Mine would write about the creek.",
        30,
        who="direct",
    ),
    Said(
        "letters-yes",
        "riverside/priya",
        "@maya@lincoln.localhost:8081 yes! Mine have a harbor and opinions about fog.",
        20,
        who="direct",
        answers="letters",
    ),
)
