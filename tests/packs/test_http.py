"""Requests that are allowed: what is sent, and what comes back."""

from __future__ import annotations

from typing import Any

import pytest
from http_site import Say, answer, site
from support import error_of, value_of

from belljar import CallbackApprover, Decision
from belljar.errors import BelljarError, UsageError
from belljar.packs._http import http_tool
from belljar.packs._http_policy import HostSecret, HttpPolicy


def got(say: Say, **options: Any) -> Any:
    """What the script gets for this answer."""
    with site({"/": say}) as here:
        return value_of(f"return await tools.http({{url: '{here.url()}'}})", here.tool(**options))


def refused(arguments: str, **options: Any) -> BelljarError:
    """The error for these arguments; no server is asked."""
    with site({}) as here:
        error = error_of(f"return await tools.http({arguments.replace('HERE', here.url())})", here.tool(**options))
        assert here.connections == 0
        return error


# -- answers ----------------------------------------------------------------------------------------------------------


def test_an_answer_has_status_headers_and_text() -> None:
    """Names of headers in lower case, repeated ones joined."""
    with site({"/a?b=c": answer(b"hello", "X-A: 1", "x-a: 2")}) as here:
        url = here.url("/a?b=c")
        assert value_of(f"return await tools.http({{url: '{url}'}})", here.tool()) == {
            "ok": True,
            "status": 200,
            "headers": {"content-type": "text/plain", "content-length": "5", "x-a": "1, 2"},
            "body": "hello",
            "bytes": None,
            "url": url,
            "redirected": False,
        }


def test_every_status_is_a_result() -> None:
    """A server that says no has answered."""
    result = got(answer(b"gone", status="410 Gone"))

    assert (result["ok"], result["status"], result["body"]) == (False, 410, "gone")


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("text/html; charset=ISO-8859-1", b"caf\xe9", "café"),
        ("application/json", '{"a":"é"}'.encode(), '{"a":"é"}'),
        ("application/problem+json", b"{}", "{}"),
        ("text/csv; charset=utf-16", "a;b".encode("utf-16"), "a;b"),
        ("text/plain", b"\xef\xbb\xbfa\xffb", "a�b"),
        ('TEXT/Plain ; x=y; CHARSET="Latin1"', b"\xe9", "é"),
        ("text/plain; charset=utf-8; charset*0*=%ff", b"a", "a"),
        ("text/plain; charset=unicode_escape", rb"\x41", r"\x41"),
    ],
)
def test_text_is_read_in_its_charset(kind: str, body: bytes, text: str) -> None:
    """UTF-8 where none is named, or none that is a charset."""
    result = got(answer(body, kind=kind))

    assert (result["body"], result["bytes"]) == (text, None)


@pytest.mark.parametrize(
    "say", [answer(b"\x00\xff", kind="image/png"), answer(b"\x1f\x8b", "Content-Encoding: gzip", kind="text/plain")]
)
def test_what_is_no_text_comes_as_bytes(say: bytes) -> None:
    """Also what is still compressed: nothing is unpacked, so nothing can grow."""
    result = got(say)

    assert (result["body"], result["bytes"]) == ("", say[-2:])


@pytest.mark.parametrize(("body", "text", "data"), [(b"ok", "ok", None), (b"\xff", "", b"\xff")])
def test_an_answer_without_a_type_is_text_where_it_can_be(body: bytes, text: str, data: bytes | None) -> None:
    """UTF-8, or bytes."""
    result = got(b"HTTP/1.0 200 OK\r\n\r\n" + body)

    assert (result["body"], result["bytes"]) == (text, data)


def test_a_chunked_answer_is_put_together() -> None:
    """With extensions and trailers, which are dropped."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert got(head + b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-Late: 1\r\n\r\n")["body"] == "abcde"


def test_head_has_the_headers_only() -> None:
    """The length that they name is not waited for."""
    with site({"/": answer(b"long")[:-4]}) as here:
        result = value_of(f"return await tools.http({{url: '{here.url()}', method: 'HEAD'}})", here.tool())

    assert (result["body"], result["headers"]["content-length"]) == ("", "4")


def test_a_script_can_make_many_requests_at_once() -> None:
    """Each has its own connection and its own answer."""
    with site({f"/{n}": answer(f"page {n}".encode()) for n in range(12)}) as here:
        source = """
            const all = [...Array(12).keys()].map((n) => tools.http({url: `BASE/${n}`}));
            return (await Promise.all(all)).map((answer) => answer.body);
        """
        assert value_of(source.replace("BASE/", here.url()), here.tool()) == [f"page {n}" for n in range(12)]


# -- requests ---------------------------------------------------------------------------------------------------------


def asked(arguments: str, **options: Any) -> tuple[str, dict[str, str], bytes]:
    """What the server saw."""
    with site({"/": answer()}) as here:
        value_of(
            f"return await tools.http({{url: '{here.url()}', {arguments}}})",
            here.tool(methods=("GET", "POST", "DELETE"), **options),
        )
        [request] = here.asked
        assert request.headers.pop("host") == f"api.test:{here.port}"
        return request.line, request.headers, request.body


ALWAYS = {"user-agent": "belljar", "accept": "*/*", "connection": "close", "accept-encoding": "identity"}


def test_a_request_says_little_of_who_sends_it() -> None:
    """No cookies, no referrer, no version."""
    assert asked("") == ("GET / HTTP/1.1", ALWAYS, b"")


@pytest.mark.parametrize(
    ("arguments", "kind", "body"),
    [
        ("json: {a: [1, 'é']}", "application/json", rb'{"a":[1,"\u00e9"]}'),
        ("body: 'é'", "text/plain; charset=utf-8", "é".encode()),
        ("body: new Uint8Array([0, 255])", "application/octet-stream", b"\x00\xff"),
    ],
)
def test_a_body_is_json_text_or_bytes(arguments: str, kind: str, body: bytes) -> None:
    """With the type that goes with it."""
    line, headers, sent = asked(f"method: 'POST', {arguments}")

    assert (line, sent) == ("POST / HTTP/1.1", body)
    assert headers == ALWAYS | {"content-type": kind, "content-length": str(len(body))}


def test_headers_of_the_script_replace_the_usual_ones() -> None:
    """Whatever their letter case."""
    _, headers, _ = asked("headers: {'User-Agent': 'me', accept: 'text/x ', 'X-Id': '7'}")

    assert headers == ALWAYS | {"user-agent": "me", "accept": "text/x", "x-id": "7"}


def test_a_request_without_a_body_says_so() -> None:
    """Where one could be."""
    assert asked("method: 'DELETE'")[1] == ALWAYS | {"content-length": "0"}


def test_what_a_url_may_not_hold_is_encoded_in_the_path() -> None:
    """As browsers do; what is encoded already stays."""
    with site({}) as here:
        url = here.url("/%41 é|\\?q=<ü>#part")
        value_of(f"return await tools.http({{url: {url!r}}})", here.tool())

        assert here.lines == ["GET /%41%20%C3%A9%7C%5C?q=%3C%C3%BC%3E HTTP/1.1"]


def test_a_url_without_a_path_asks_for_the_root() -> None:
    """Also with a query."""
    with site({"/": answer(), "/?a": answer()}) as here:
        for path in ("", "?a"):
            value_of(f"return await tools.http({{url: '{here.url(path)}'}})", here.tool())

        assert here.lines == ["GET / HTTP/1.1", "GET /?a HTTP/1.1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("json: 1, body: 'x', method: 'POST'", "there is json and body; give one of them"),
        ("json: 1", "a GET request has no body"),
        ("json: {a: new Uint8Array(1)}, method: 'POST'", "json holds bytes, which JSON has not"),
        ("headers: {'a b': ''}", "the header 'a b' holds characters that headers may not hold"),
        ("headers: {'': ''}", "the header '' holds characters that headers may not hold"),
        (r"headers: {a: 'x\r\nHost: evil'}", "the header 'a' holds characters that headers may not hold"),
        (r"headers: {a: 'x\n'}", "the header 'a' holds characters that headers may not hold"),
        (r"headers: {'a\n': 'x'}", "the header 'a\\n' holds characters that headers may not hold"),
        ("headers: {a: 'é'}", "the header 'a' holds characters that headers may not hold"),
        ("headers: {A: '1', a: '2'}", "the header 'a' is there twice"),
        (
            "headers: Object.fromEntries([...Array(51).keys()].map((n) => [`a${n}`, '']))",
            "there are more than 50 headers",
        ),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(arguments: str, message: str) -> None:
    """Before anything is sent."""
    error = refused(f"{{url: 'HERE', {arguments}}}", methods=("GET", "POST"))

    assert (error.code, error.message) == ("ToolValidationError", message)


@pytest.mark.parametrize(
    "name",
    [
        "Host", "content-length", "Transfer-Encoding", "CONNECTION", "Proxy-Authorization", "proxy-x", "TE", "Expect",
        "Upgrade", "X-HTTP-Method-Override",
    ],
)  # fmt: skip
def test_headers_that_decide_more_than_they_say_are_the_hosts(name: str) -> None:
    """Where the message goes, where it ends, and which method it has."""
    error = refused(f"{{url: 'HERE', headers: {{{name!r}: 'x'}}}}")

    assert (error.code, error.message) == ("ToolValidationError", f"the header {name!r} is set by the host")


# -- the policy -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("{url: 'http://other.test/'}", "the host 'other.test' is not allowed"),
        ("{url: 'http://api.test.evil.test/'}", "the host 'api.test.evil.test' is not allowed"),
        ("{url: 'http://evilapi.test/'}", "the host 'evilapi.test' is not allowed"),
        ("{url: 'http://127.0.0.1/'}", "the host '127.0.0.1' is not allowed"),
        ("{url: 'https://api.test/'}", "https is not allowed, only http"),
        ("{url: 'http://api.test:22/'}", "the port 22 is not allowed"),
        ("{url: 'HERE', method: 'POST'}", "the method 'POST' is not allowed, only GET, HEAD"),
        ("{url: 'HERE', method: 'get'}", "the method 'get' is not allowed, only GET, HEAD"),
        (r"{url: 'HERE', method: 'GET / HTTP/1.1\r\nX: y'}", None),
    ],
)
def test_what_the_policy_does_not_name_is_refused(arguments: str, message: str | None) -> None:
    """The error says what, and which hosts there are."""
    error = refused(arguments)

    assert (error.code, error.hint, error.details) == (
        "NetworkPolicyError", "Allowed hosts: api.test.", {"hosts": ["api.test"]},
    )  # fmt: skip
    assert message in (None, error.message)


def test_a_wildcard_allows_all_names_below_and_not_the_name_itself() -> None:
    """At any depth."""
    policy = HttpPolicy(hosts=("*.Example.com", "one.test"))

    allowed = ["a.example.com", "a.b.example.com", "one.test"]
    others = ["example.com", "badexample.com", "a.one.test", "example.com.evil.test", "1.2.3.4"]
    assert [policy.allows_host(host) for host in allowed + others] == [True] * 3 + [False] * 5


def test_without_ports_only_the_schemes_own_is_allowed() -> None:
    """443 for https."""
    tool = http_tool(HttpPolicy(hosts=("api.test",)))

    error = error_of("await tools.http({url: 'https://api.test:8443/'})", tool)
    assert error.message == "the port 8443 is not allowed"


def test_the_model_is_told_what_is_allowed() -> None:
    """Hosts and methods; of secrets nothing."""
    secret = HostSecret(host="a.test", value="Bearer abcdefgh")
    policy = HttpPolicy(hosts=("a.test", "*.b.test"), secrets=(secret,))

    description = http_tool(policy).description

    assert description.splitlines()[-1] == "Hosts: a.test, *.b.test. Methods: GET, HEAD."
    assert "abcdefgh" not in repr(policy) + repr(secret) + description


def test_a_person_can_be_asked_about_requests() -> None:
    """By a rule that looks at the arguments."""
    seen: list[str] = []

    async def decide(request: Any) -> Decision:
        seen.append(request.arguments["method"])
        return Decision.deny(request, "no")

    with site({"/": answer()}) as here:
        tool = http_tool(
            here.policy(methods=("GET", "POST")),
            resolver=here.resolver,
            approval=lambda call: call["method"] != "GET",
            name="web.ask",
        )
        source = """
            const get = await tools.web.ask({url: "BASE"});
            return [get.status, await tools.web.ask({url: "BASE", method: "POST"}).catch((error) => error.code)];
        """
        value = value_of(source.replace("BASE", here.url()), tool, approver=CallbackApprover(decide))

    assert (value, seen) == ([200, "ApprovalDeniedError"], ["POST"])


@pytest.mark.parametrize(
    "options",
    [
        {"hosts": "api.test"},
        {"hosts": ("*",)},
        {"hosts": ("*.com",)},
        {"hosts": ("*.1.2.3.4",)},
        {"hosts": ("a*.test",)},
        {"hosts": ("https://api.test",)},
        {"hosts": ("api.test:443",)},
        {"hosts": ("api.test.",)},
        {"hosts": ("0x7f.1",)},
        {"hosts": ("é.test",)},
        {"methods": ("get",)},
        {"methods": ("TRACE",)},
        {"methods": ("CONNECT",)},
        {"methods": "GET"},
        {"schemes": ("ftp",)},
        {"ports": (0,)},
        {"ports": (65_536,)},
        {"allow_private": ("other.test",)},
        {"allow_private": ("*.api.test",)},
        {"redirects": -1},
        {"redirects": 21},
        {"response_bytes": 0},
        {"timeout_ms": True},
        {"secrets": (HostSecret(host="other.test", value="Bearer abcdefgh"),)},
        {"secrets": (HostSecret(host="api.test", value="Bearer abcdefgh"),), "ports": (8080, 8443)},
        {"secrets": (HostSecret(host="api.test", value="Bearer abcdefgh", port=8443),)},
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(options: dict[str, Any]) -> None:
    """When it is made."""
    with pytest.raises(UsageError):
        HttpPolicy(**{"hosts": ("api.test",)} | options)


@pytest.mark.parametrize(
    "options",
    [
        {"value": "short"},
        {"value": "Bearer abc\r\nX: y"},
        {"value": " leading blank"},
        {"value": "Bearer é long enough"},
        {"header": "no name"},
        {"header": "Host"},
        {"host": "*.a.test"},
        {"port": 0},
        {"port": "443"},
    ],
)
def test_a_secret_that_cannot_be_sent_is_refused(options: dict[str, Any]) -> None:
    """When it is made; the error does not show it."""
    with pytest.raises(UsageError) as caught:
        HostSecret(**{"host": "a.test", "value": "Bearer abcdefgh"} | options)

    assert options.get("value", "abcdefgh") not in caught.value.message


def test_a_redirect_that_leads_nowhere_is_an_answer() -> None:
    """Like any other."""
    assert got(answer(status="304 Not Modified"))["status"] == 304
    assert got(answer(status="302 Found"))["status"] == 302
