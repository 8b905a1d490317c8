"""What is fetched next of a thread: in order, of each server a little, never without end."""

from msgspec.structs import replace

from federation import crawl
from federation.crawl import Crawl, Task


def test_fed_54_a_domain_is_asked_under_so_many_names_only():
    state = Crawl()
    for number in range(100):
        state.add(Task("post", f"https://n{number}.evil.example/1"))

    taken = []
    while batch := state.take(4, of_one_host=2):
        taken += batch

    assert len(taken) == crawl.MAX_HOSTS_OF_A_DOMAIN
    assert state.done


def test_tasks_are_taken_in_order_and_few_of_one_host():
    state = Crawl()
    for path in ("a/1", "a/2", "a/3", "b/1", "a/4", "b/2"):
        state.add(Task("post", f"https://{path[0]}.example/{path[2:]}"))

    def paths(tasks):
        return [
            "{}/{}".format(*t.uri.removeprefix("https://").split(".example/")) for t in tasks
        ]

    assert paths(state.take(4, of_one_host=2)) == ["a/1", "a/2", "b/1", "b/2"]
    assert paths(state.take(4, of_one_host=2)) == ["a/3", "a/4"]


def test_fed_63_a_chain_upwards_ends():
    state = Crawl()
    for number in range(1000):
        state.add(Task("up", f"https://a.example/{number}"))

    assert len(state.queue) == crawl.MAX_ANCESTORS


def test_the_state_survives_being_kept():
    state = Crawl()
    state.add(Task("post", "https://a.example/1"))
    state.add(Task("replies", "https://a.example/1/r", "https://a.example/1", {"items": []}))
    state.failed(state.take(1, of_one_host=1)[0])
    state.posts = 7

    again = Crawl.load(state.dump())

    assert again == replace(state, begun=True)
