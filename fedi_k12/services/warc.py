"""Write a WARC file (ISO 28500), the form in which archives keep the web."""

from collections.abc import Mapping
from datetime import datetime
from io import SEEK_END, BytesIO
from typing import IO, TYPE_CHECKING

from fedi_k12.domain.late import Late

if TYPE_CHECKING:
    from warcio import statusandheaders, warcwriter
else:
    statusandheaders = Late("warcio.statusandheaders")
    warcwriter = Late("warcio.warcwriter")

ACTIVITY = "application/activity+json"


class Warc:
    """A WARC file that is being written; what was given in is in the file at once."""

    def __init__(
        self,
        file: IO[bytes],
        *,
        software: str,
        about: Mapping[str, str],
        name: str = "records.warc.gz",
    ) -> None:
        self._writer = warcwriter.WARCWriter(file, gzip=True)
        info = {"software": software, "format": "WARC File Format 1.1", **about}
        self._writer.write_record(self._writer.create_warcinfo_record(name, info))

    def resource(
        self, uri: str, data: bytes | IO[bytes], *, at: datetime, content_type: str = ACTIVITY
    ) -> str:
        """Write bytes as they are kept under an address; return the id of the WARC record."""
        return self._write(uri, "resource", data, at, content_type)

    def request(
        self, uri: str, data: bytes, *, at: datetime, line: str, headers: Mapping[str, str]
    ) -> str:
        """Write an HTTP request that came in, with the headers that are kept of it."""
        head = statusandheaders.StatusAndHeaders(
            line, list(headers.items()), is_http_request=True
        )
        record = self._writer.create_warc_record(
            uri,
            "request",
            payload=BytesIO(data),
            length=len(data),
            http_headers=head,
            warc_headers_dict={"WARC-Date": _date(at)},
        )
        self._writer.write_record(record)
        return str(record.rec_headers.get_header("WARC-Record-ID"))

    def metadata(self, uri: str, data: bytes, *, at: datetime, of: str) -> None:
        """Write what is known of another WARC record, as JSON."""
        record = self._writer.create_warc_record(
            uri,
            "metadata",
            payload=BytesIO(data),
            length=len(data),
            warc_content_type="application/json",
            warc_headers_dict={"WARC-Date": _date(at), "WARC-Refers-To": of},
        )
        self._writer.write_record(record)

    def _write(
        self, uri: str, kind: str, data: bytes | IO[bytes], at: datetime, content_type: str
    ) -> str:
        file = BytesIO(data) if isinstance(data, bytes) else data
        # With its length said, the writer copies nothing to a file of its own.
        length = file.seek(0, SEEK_END)
        file.seek(0)
        record = self._writer.create_warc_record(
            uri,
            kind,
            payload=file,
            length=length,
            warc_content_type=content_type,
            warc_headers_dict={"WARC-Date": _date(at)},
        )
        self._writer.write_record(record)
        return str(record.rec_headers.get_header("WARC-Record-ID"))


def _date(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
