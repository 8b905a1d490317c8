"""What operators see of the running server: logs and counters.

Logs read well on a terminal and are JSON elsewhere; one line per request and per job. Nothing
secret goes in: no tokens, addresses of e-mail, or words of posts.
"""

import io
import json
import logging
import os
import sys
import time
from bisect import bisect_left
from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import suppress
from contextvars import ContextVar
from http import HTTPStatus
from typing import TextIO

import msgspec
import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from fedi_k12.domain.troubles import Part, Trouble

_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_FAULT = int(HTTPStatus.INTERNAL_SERVER_ERROR)
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

REQUEST_ID: ContextVar[str | None] = ContextVar("REQUEST_ID", default=None)
"""Which request is being answered: in each line that is logged meanwhile."""
REGISTRY = CollectorRegistry()


class _Requests(Collector):
    """How many requests were answered, and in what time.

    The library's own counters take a lock and look at their labels for each one.
    """

    def __init__(self) -> None:
        self._answered: Tally[tuple[str, str, int]] = Tally()
        self._took: dict[str, list[int]] = {}
        """By route, how many took at most so long: one more than there are bounds."""
        self._seconds: dict[str, float] = {}

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one that was answered."""
        self._answered[method, route, status] += 1
        if (took := self._took.get(route)) is None:
            took = self._took[route] = [0] * (len(_SECONDS) + 1)
            self._seconds[route] = 0.0
        took[bisect_left(_SECONDS, seconds)] += 1
        self._seconds[route] += seconds

    def collect(self) -> Iterator[Metric]:
        """Yield what was counted so far."""
        answered = CounterMetricFamily(
            "fedi_k12_requests", "Requests answered", labels=["method", "route", "status"]
        )
        for (method, route, status), number in self._answered.items():
            answered.add_metric([method, route, str(status)], number)
        yield answered
        seconds = HistogramMetricFamily(
            "fedi_k12_request_seconds", "Time to answer", labels=["route"]
        )
        for route, took in self._took.items():
            bounds = [*(str(bound) for bound in _SECONDS), "+Inf"]
            so_far = [sum(took[: at + 1]) for at in range(len(took))]
            seconds.add_metric(
                [route], list(zip(bounds, so_far, strict=True)), self._seconds[route]
            )
        yield seconds


_requests = _Requests()
REGISTRY.register(_requests)
_jobs = Counter("fedi_k12_jobs", "Jobs run", ["kind", "outcome"], registry=REGISTRY)
_job_seconds = Histogram(
    "fedi_k12_job_seconds", "Time a job took", ["kind"], registry=REGISTRY, buckets=_SECONDS
)
_deliveries = Counter(
    "fedi_k12_deliveries", "Deliveries tried, by outcome", ["outcome"], registry=REGISTRY
)
_inbox = Counter(
    "fedi_k12_inbox",
    "Activities that came in, by outcome and reason",
    ["outcome", "reason"],
    registry=REGISTRY,
)
_waiting = Gauge("fedi_k12_waiting", "Rows that wait in a queue", ["queue"], registry=REGISTRY)
_oldest = Gauge(
    "fedi_k12_oldest_job_seconds", "How long the oldest due job has waited", registry=REGISTRY
)
_free = Gauge(
    "fedi_k12_disk_free_bytes", "Free bytes where the data folder lies", registry=REGISTRY
)
ProcessCollector(registry=REGISTRY)
_trouble = Gauge(
    "fedi_k12_trouble", "1 while something is wrong with a part", ["part"], registry=REGISTRY
)
for _part in Part:
    _trouble.labels(_part).set(0)
_log = structlog.get_logger("trouble")


def set_up_logging(*, style: str, level: str) -> None:
    """Send all logs to standard error: `style` is `text`, `json`, or `auto` (by terminal)."""
    as_text = style == "text" or (style == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _of_request,
        structlog.stdlib.add_log_level,
        _stamped,
    ]
    last: structlog.typing.Processor
    if as_text:
        # The plain form: others print every local variable, settings with passwords too.
        last = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
        structlog.configure(
            processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
            logger_factory=structlog.stdlib.LoggerFactory(),
            wrapper_class=structlog.stdlib.BoundLogger,
            cache_logger_on_first_use=True,
        )
    else:
        shared.append(structlog.processors.format_exc_info)
        last = _as_json
        # Our own lines do without the library's records, which took a third of a request.
        informs = logging.getLevelNamesMapping()[level.upper()] <= logging.INFO
        structlog.configure(
            processors=[*shared, last],
            logger_factory=_Lines(sys.stderr, informs=informs),
            wrapper_class=structlog.make_filtering_bound_logger(level),
            cache_logger_on_first_use=True,
        )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    # What migrations load and detect is of no interest to anybody but their author.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    root.setLevel(level.upper())


class _Lines:
    """Writes lines one by one; a log that nobody can write to stops nothing."""

    def __init__(self, file: TextIO, *, informs: bool) -> None:
        self.informs = informs
        self._file = file
        self._number = -1
        with suppress(io.UnsupportedOperation):
            self._number = file.fileno()

    def __call__(self, *_names: object) -> "_Lines":
        """Return the writer for a logger of whichever name."""
        return self

    def write(self, line: str | bytes) -> None:
        """Write a line, at once."""
        encoded = line.encode() if isinstance(line, str) else line
        # Not with `suppress`, which takes a third as long as to write a line.
        try:
            if self._number >= 0:
                os.write(self._number, encoded + b"\n")
            else:
                self._file.write(f"{encoded.decode()}\n")
                self._file.flush()
        except (OSError, ValueError):
            pass

    log = debug = info = warn = warning = error = exception = critical = write


def _as_json(_logger: object, _method: str, event: structlog.typing.EventDict) -> str:
    return _encoded(event).decode()


def _encoded(event: structlog.typing.EventDict) -> bytes:
    try:
        return msgspec.json.encode(event)
    except (TypeError, ValueError):
        return json.dumps(event, default=repr).encode()


_second = (0, "")


def _now() -> str:
    """Return this moment as ISO 8601 in UTC; only its fraction is written anew each time."""
    global _second  # noqa: PLW0603 - what is remembered of the last time
    seconds, fraction = divmod(time.time_ns() // 1000, 1_000_000)
    if _second[0] != seconds:
        _second = (seconds, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)))
    return f"{_second[1]}.{fraction:06}Z"


def _of_request(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    if (request_id := REQUEST_ID.get()) is not None:
        event["request_id"] = request_id
    return event


def _stamped(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    event["timestamp"] = _now()
    return event


def tell_request(
    *, method: str, path: str, status: int, seconds: float, request_id: str, reason: str | None
) -> None:
    """Log an answered request, by the shortest way: there are thousands of them a second.

    `path` holds no secret; `reason` says why it was refused, if it was.
    """
    failed = status >= _FAULT
    ms = round(seconds * 1000, 1)
    config = structlog.get_config()
    lines = config["logger_factory"]
    if not (
        isinstance(lines, _Lines) and lines.informs and config["processors"][-1] is _as_json
    ):
        logger = structlog.get_logger("requests")
        log = logger.warning if failed else logger.info
        log(f"{method} {path}", status=status, ms=ms, **({"reason": reason} if reason else {}))
        return
    line = _RequestLine(
        status, ms, f"{method} {path}", request_id, "warning" if failed else "info", _now(),
        reason,
    )  # fmt: skip
    try:
        lines.write(_encode_line(line))
    except ValueError:
        lines.write(_encoded(msgspec.structs.asdict(line)))


class _RequestLine(msgspec.Struct, omit_defaults=True):
    """What is logged of a request."""

    status: int
    ms: float
    event: str
    request_id: str
    level: str
    timestamp: str
    reason: str | None = None


_encode_line = msgspec.json.Encoder().encode


def count_request(*, method: str, route: str, status: int, seconds: float) -> None:
    """Count an answered request. `route` is the pattern, never the path: paths are endless."""
    known = method if method in _METHODS else "other"
    _requests.count(known, route, status, seconds)


def count_job(*, kind: str, outcome: str, seconds: float) -> None:
    """Count a job that ran: `done`, `refused` or `failed`."""
    _jobs.labels(kind, outcome).inc()
    _job_seconds.labels(kind).observe(seconds)


def count_delivery(outcome: str, *, number: int = 1) -> None:
    """Count deliveries: `delivered`, `retried` or `given up`."""
    _deliveries.labels(outcome).inc(number)


def count_inbox(outcome: str, *, reason: str = "") -> None:
    """Count what came in: `accepted`, `repeated`, `dropped`, `refused`; reasons as FED-nn."""
    _inbox.labels(outcome, reason).inc()


def set_waiting(queue: str, number: int) -> None:
    """Record how many rows wait in a queue: `jobs` or `deliveries`."""
    _waiting.labels(queue).set(number)


def set_oldest(seconds: float) -> None:
    """Record for how many seconds the job that waits longest could have been done."""
    _oldest.set(seconds)


def set_free(size: int) -> None:
    """Record how many bytes are free where the data folder lies."""
    _free.set(size)


def tell_trouble(trouble: Trouble, over: bool) -> None:
    """Log that something is wrong with what the server stands on, or no longer; show it."""
    _trouble.labels(trouble.part).set(0 if over else 1)
    if over:
        _log.warning("trouble over", part=trouble.part, seconds=trouble.seconds)
    else:
        _log.error(trouble.sentence, part=trouble.part, seconds=trouble.seconds)


def render_metrics() -> bytes:
    """Return all counters in the text format of Prometheus."""
    return generate_latest(REGISTRY)
