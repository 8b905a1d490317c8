"""The parts of the benchmarks that can be wrong without anybody noticing."""

import sqlite3
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

from fedi_k12.domain.ids import id_at
from tests.bench.mould import Cast, Mould, taken
from tests.bench.plots import Line, chart


def test_what_is_cast_differs_by_its_time_and_by_what_fills_the_holes():
    store, began = sqlite3.connect(":memory:", isolation_level=None), datetime.now(UTC)
    store.execute("CREATE TABLE post (id INTEGER PRIMARY KEY, uri, author, at, score)")
    store.execute("INSERT INTO post VALUES (1, 'https://b.example/1', 7, 'before', 0)")
    before, number, hour = taken(store), id_at(began), timedelta(hours=1)
    moment = began.replace(tzinfo=None)
    store.execute(
        "INSERT INTO post VALUES (?, ?, 8, ?, 100)",
        [number, f"https://a.example/{number}?50%", moment.isoformat(" ", "microseconds")],
    )
    mould = Mould(before, taken(store), began=began, holes={"a.example": "host", 8: "author"})
    cast = Cast()

    mould.cast(cast, began - hour, host="c.example", author=9)
    mould.cast(cast, began - 2 * hour, host="d.example", author=10)
    cast.write(store)

    earlier = (moment - hour).isoformat(" ", "microseconds")
    older = number - (3_600_000 << 16)
    found = store.execute("SELECT * FROM post WHERE id > 1 ORDER BY id").fetchall()
    assert [row[0] for row in found] == [older - (3_600_000 << 16), older, number]
    assert found[1][1:] == (f"https://c.example/{older}?50%", 9, earlier, 100)
    assert found[0][2] == 10


def test_a_plot_names_its_axes_and_each_line_apart_from_the_others():
    lines = [Line(f"{name} & all", [(10_000, 3.0), (1_000_000, 3.1)]) for name in ("a", "b")]

    picture = chart("How", "posts", "milliseconds", lines, log_y=True)
    drawn = ElementTree.fromstring(picture)  # noqa: S314 - our own

    texts = {text.text: text for text in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert {"How", "posts", "milliseconds", "10,000", "1 million", "1", "10"} <= texts.keys()
    apart = [float(texts[f"{name} & all"].attrib["y"]) for name in ("a", "b")]
    assert abs(apart[0] - apart[1]) >= 15
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}polyline"))) == 2
