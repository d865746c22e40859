"""From a response to what the script gets: text or bytes, in bounds, without the host's secrets."""

from __future__ import annotations

import re
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import Final

from typing_extensions import TypedDict

from belljar.packs._line import TooMuchError
from belljar.packs._url import Target
from belljar.tools._redact import REDACTED
from belljar.tools._words import word_set

_TEXT: Final = re.compile(
    r"text/|application/(?:json|xml|javascript|ecmascript|x-ndjson|jsonl|yaml|toml|graphql|sql|x-www-form-urlencoded)\Z"
    r"|[^/]+/[^/]+\+(?:json|xml|yaml)\Z"
)
_CHARSET: Final = re.compile(r"(?:^|;)\s*charset=\"?([a-z0-9_-]+)", re.ASCII)
_CHARSETS: Final = word_set(
    "ascii us-ascii utf-8 utf8 utf-16 utf-16le utf-16be iso-8859-1 latin1 iso-8859-15 windows-1250 windows-1251"
    " windows-1252 shift_jis euc-jp euc-kr gb18030 gbk big5 koi8-r"
)
"""Others are read as UTF-8: Python's decoders also know things that are no charsets."""


class HttpResult(TypedDict):
    """An answer, whatever its status."""

    ok: bool
    """Whether the status is 200 to 299."""
    status: int
    headers: dict[str, str]
    """Names in lower case; what came several times is joined by ", "."""
    body: str
    """Text; empty where the answer is none."""
    bytes: bytes | None
    """What is not text; null where the answer is."""
    url: str
    """Where the answer came from."""
    redirected: bool


def result_of(
    response: HTTPResponse, target: Target, *, redirected: bool, secrets: re.Pattern[str] | None, most_bytes: int
) -> HttpResult:
    """Reads the body. Raises TooMuchError when it is longer than allowed, HTTPException when it ends too soon."""
    data = _body(response, most_bytes)
    text = _text(response, data)
    clean = _Cleaner(secrets)
    return {
        "ok": 200 <= response.status <= 299,
        "status": response.status,
        "headers": _headers(response, clean),
        "body": clean.text(text) if text is not None else "",
        "bytes": clean.data(data) if text is None else None,
        "url": clean.text(target.url),
        "redirected": redirected,
    }


class _Cleaner:
    """Takes secrets out, which are ASCII."""

    def __init__(self, secrets: re.Pattern[str] | None) -> None:
        self._secrets = secrets

    def text(self, text: str) -> str:
        return self._secrets.sub(REDACTED, text) if self._secrets else text

    def data(self, data: bytes) -> bytes:
        return self.text(data.decode("latin-1")).encode("latin-1") if self._secrets else data


def _headers(response: HTTPResponse, clean: _Cleaner) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in response.getheaders():
        key = clean.text(name.lower())
        headers[key] = f"{headers[key]}, {clean.text(value)}" if key in headers else clean.text(value)
    return headers


def _body(response: HTTPResponse, most_bytes: int) -> bytes:
    if (response.length or 0) > most_bytes:
        raise TooMuchError
    try:
        data = response.read(most_bytes + 1)
    except ValueError as error:  # http.client reads a chunk of negative length
        raise HTTPException from error
    if len(data) > most_bytes:
        raise TooMuchError
    if response.length:
        raise IncompleteRead(data, response.length)
    return data


def _text(response: HTTPResponse, data: bytes) -> str | None:
    """None for what is not text. What is still compressed is not: we ask for none of that."""
    if response.getheader("content-encoding", "identity").lower() != "identity":
        return None
    if (declared := response.getheader("content-type")) is None:
        return _utf8(data)
    kind, _, parameters = declared.lower().partition(";")
    if not _TEXT.match(kind.strip()):
        return None
    # Not the e-mail package's own reading of it, which fails on some parameters.
    named = _CHARSET.search(parameters)
    charset = named[1] if named is not None and named[1] in _CHARSETS else "utf-8"
    return data.decode(charset, "replace").removeprefix("\ufeff")


def _utf8(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
