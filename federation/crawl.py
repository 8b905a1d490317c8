"""What is left to fetch of a thread, and how much it may still cost: kept as JSON."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct, field

from federation.fetch import admit
from fedi_k12.domain.errors import InvalidError
from fedi_k12.domain.urls import host_of

MAX_POSTS = 1000
"""New posts that one fetching of a thread may bring."""
MAX_REPLIES = 500
"""Replies that are read of one post."""
MAX_PAGES = 500
MAX_ANCESTORS = 100
MAX_ACTORS = 1000
"""Accounts that one fetching of a thread may bring: authors, and whom they name."""
MAX_CONTEXTS = 5
MAX_FAILURES = 3
"""A host that failed so often is left in peace until the next time."""
MAX_HOSTS_OF_A_DOMAIN = 20
"""A name server can make up hosts without end (FED-54)."""
MAX_QUEUE = 4000
MAX_EMBEDDED = 8192

Kind = Literal["context", "replies", "post", "up"]


class Task(Struct, frozen=True):
    """One thing to fetch: a list of posts, or a post; `up` is one that another answers."""

    kind: Kind
    uri: str
    of: str = ""
    """The id of what names it: a list must be of the same server."""
    embedded: Mapping[str, Any] | None = None
    """The list as far as the post's own document shows it."""


class Crawl(Struct):
    """The state of one thread's fetching."""

    queue: list[Task] = field(default_factory=list)
    seen: dict[str, None] = field(default_factory=dict)
    """Ids that were asked for or known; as a dict, in their order."""
    contexts: list[str] = field(default_factory=list)
    whole: list[str] = field(default_factory=list)
    """Hosts whose list of the whole thread was read to its end: they told all they know."""
    failures: Counter[str] = field(default_factory=Counter)
    hosts: dict[str, list[str]] = field(default_factory=dict)
    posts: int = 0
    pages: int = 0
    ups: int = 0
    actors: int = 0
    begun: bool = False

    @classmethod
    def load(cls, progress: Mapping[str, Any]) -> "Crawl":
        """Return the state as it was kept."""
        if not progress:
            return cls()
        return cls(
            queue=[Task(*task) for task in progress["queue"]],
            seen=dict.fromkeys(progress["seen"]),
            contexts=list(progress["contexts"]),
            whole=list(progress["whole"]),
            failures=Counter(progress["failures"]),
            hosts=dict(progress["hosts"]),
            posts=progress["posts"],
            pages=progress["pages"],
            ups=progress["ups"],
            actors=progress["actors"],
            begun=True,
        )

    def dump(self) -> dict[str, Any]:
        """Return the state as JSON."""
        return {
            "queue": [[task.kind, task.uri, task.of, task.embedded] for task in self.queue],
            "seen": list(self.seen),
            "contexts": self.contexts,
            "whole": self.whole,
            "failures": dict(self.failures),
            "hosts": self.hosts,
            "posts": self.posts,
            "pages": self.pages,
            "ups": self.ups,
            "actors": self.actors,
        }

    @property
    def done(self) -> bool:
        """Whether nothing is left, or nothing more may be had."""
        return not self.queue or self.posts >= MAX_POSTS or self.actors >= MAX_ACTORS

    def add(self, task: Task) -> None:
        """Have something fetched, once, after all that waits already (breadth first)."""
        key = f"{task.kind}:{task.uri}" if task.kind in {"context", "replies"} else task.uri
        if key in self.seen or len(self.queue) >= MAX_QUEUE or not _host(task.uri):
            return
        if task.kind == "up":
            self.ups += 1
            if self.ups > MAX_ANCESTORS:
                return
        self.seen[key] = None
        self.queue.append(task)

    def add_context(self, uri: str | None, *, own: str) -> None:
        """Have a context read that a post names, unless it is ours or no address."""
        if (
            uri
            and uri.startswith(("https://", "http://"))
            and not uri.startswith(f"{own}/")
            and uri not in self.contexts
            and len(self.contexts) < MAX_CONTEXTS
        ):
            self.contexts.append(uri)
            self.add(Task("context", uri, uri))

    def take(self, most: int, *, of_one_host: int) -> list[Task]:
        """Take the next tasks out of the queue, in their order, few of one host."""
        taken: list[Task] = []
        kept: list[Task] = []
        busy: Counter[str] = Counter()
        for at, task in enumerate(self.queue):
            if len(taken) >= most:
                kept += self.queue[at:]
                break
            host = _host(task.uri)
            if self.failures[host] >= MAX_FAILURES:
                continue
            if not admit(self.hosts, task.uri, most=MAX_HOSTS_OF_A_DOMAIN):
                continue
            if task.kind in {"context", "replies"} and self.pages >= MAX_PAGES:
                continue
            if busy[host] >= of_one_host:
                kept.append(task)
                continue
            busy[host] += 1
            taken.append(task)
        self.queue = kept
        return taken

    def again(self, task: Task) -> None:
        """Put a task back: there was no room for it in this part."""
        self.queue.append(task)

    def failed(self, task: Task) -> None:
        """Count that a host did not answer."""
        self.failures[_host(task.uri)] += 1

    def finished(self, task: Task) -> None:
        """Count that a host told us all it knows of the thread."""
        host = _host(task.uri)
        if host not in self.whole:
            self.whole.append(host)

    def told_all(self, uri: str) -> bool:
        """Return whether the host of this id listed the whole thread already."""
        return _host(uri) in self.whole


def _host(uri: str) -> str:
    try:
        return host_of(uri)
    except InvalidError:
        return ""
