"""What the host adds and no script sees, and certificates."""

from __future__ import annotations

import base64
import gzip
import json
import socket
import ssl
from typing import Any

import pytest
from http_site import Say, Site, answer, client_context, redirect, site
from support import error_of, value_of

from belljar.errors import UsageError
from belljar.packs._http import http_tool
from belljar.packs._http_policy import HostSecret, HttpPolicy
from belljar.packs._url import parse_url

TOKEN = "t0ps3cret/value+99"  # noqa: S105  (it is none)
BEARER = HostSecret(host="api.test", value=f"Bearer {TOKEN}")


def shown(say: Say, secret: HostSecret = BEARER) -> str:
    """All that the script gets for this answer."""
    with site({"/": say}) as here:
        result = value_of(f"return await tools.http({{url: '{here.url()}'}})", here.tool(secrets=(secret,)))
        assert here.asked[0].headers[secret.header] == secret.value
        return json.dumps(result, default=bytes.hex, ensure_ascii=False)


def test_a_secret_goes_to_its_host_and_nowhere_else() -> None:
    """In the header that was named."""
    key = HostSecret(host="two.test", header="X-Api-Key", value="0123456789")
    with site({"/": answer()}) as here:
        tool = here.tool("api.test", "two.test", "three.test", secrets=(BEARER, key))
        for host in ("api.test", "two.test", "three.test"):
            value_of(f"return await tools.http({{url: '{here.url(host=host)}'}})", tool)

        sent = [(asked.headers.get("authorization"), asked.headers.get("x-api-key")) for asked in here.asked]
    assert sent == [(f"Bearer {TOKEN}", None), (None, "0123456789"), (None, None)]


@pytest.mark.parametrize("name", ["Authorization", "authorization"])
def test_a_script_cannot_set_the_header_of_a_secret(name: str) -> None:
    """Only where there is a secret for this host."""
    with site({"/": answer()}) as here:
        tool = here.tool("api.test", "two.test", secrets=(BEARER,))
        ask = f"await tools.http({{url: 'URL', headers: {{{name}: 'mine'}}}})"

        error = error_of(ask.replace("URL", here.url()), tool)
        value_of("return " + ask.replace("URL", here.url(host="two.test")), tool)

        assert (error.code, error.message) == ("ToolValidationError", f"the header {name!r} is set by the host")
        assert [asked.headers["authorization"] for asked in here.asked] == ["mine"]


@pytest.mark.parametrize(
    "echo",
    [
        TOKEN,
        f"Bearer {TOKEN}",
        base64.b64encode(TOKEN.encode()).decode(),
        "t0ps3cret%2Fvalue%2B99",
        "t0ps3cret%2fvalue%2b99",
        TOKEN.upper(),
        r"t0ps3cret\/value+99",
        r"t0ps3cret/value\u002B99",
        TOKEN.encode().hex(),
        "".join(f"\\u{ord(letter):04X}" for letter in TOKEN),
    ],
)
def test_a_secret_that_comes_back_is_taken_out(echo: str) -> None:
    """From text, from headers and their names, from bytes; in the forms in which it travels."""
    text = shown(answer(f"you sent <{echo}>".encode(), f"X-Echo: {echo}"))
    data = shown(answer(b"\xff" + echo.encode() + b"\xfe", kind="image/png"))

    assert "you sent <[redacted]>" in text
    assert text.count("[redacted]") == 2
    assert (b"\xff[redacted]\xfe").hex() in data
    assert echo not in text + bytes.fromhex(json.loads(data)["bytes"]).decode("latin-1")


@pytest.mark.parametrize("before", range(4))
def test_a_secret_inside_of_base64_is_taken_out(before: int) -> None:
    """A server may wrap all that it got: where in it the secret begins is nobody's choice."""
    wrapped = base64.b64encode(b"x" * before + TOKEN.encode() + b"yyyy").decode()

    body = json.loads(shown(answer(wrapped.encode())))["body"]

    front, _, back = body.partition("[redacted]")
    assert (len(front), len(back)) < (8, 12)
    assert wrapped.startswith(front)
    assert wrapped.endswith(back)


@pytest.mark.parametrize("charset", ["utf-16le", "utf-16be", "gbk"])
def test_a_charset_hides_no_secret(charset: str) -> None:
    """The server names it, so the bytes are looked at first."""
    for front in (b"\x81", b"ab"):
        data = front + TOKEN.encode() + b"0" * (len(front + TOKEN.encode()) % 2)
        found = json.loads(shown(answer(data, kind=f"text/plain; charset={charset}")))["body"]
        assert TOKEN.encode()[1:] not in found.encode(charset, "replace")
        assert "redacted" in found or b"redacted" in found.encode(charset)


@pytest.mark.parametrize("coding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_a_secret_in_wide_characters_is_taken_out(coding: str) -> None:
    """From bytes too."""
    data = json.loads(shown(answer(b"\xff" + TOKEN.encode(coding), kind="image/png")))["bytes"]

    assert bytes.fromhex(data) == b"\xff[redacted]"


def test_no_secret_is_asked_for_compressed_or_in_pieces() -> None:
    """The script cannot have an answer coded so that nothing is found in it; a server that codes it is refused."""
    packed = answer(gzip.compress(TOKEN.encode()), "Content-Encoding: gzip")
    with site({"/": packed}) as here:
        tool = here.tool("api.test", "two.test", secrets=(BEARER,))
        for name in ("Accept-Encoding", "Range", "If-Range"):
            error = error_of(f"await tools.http({{url: '{here.url()}', headers: {{'{name}': 'x'}}}})", tool)
            assert error.message == f"the header {name!r} is set by the host"

        error = error_of(f"await tools.http({{url: '{here.url()}'}})", tool)
        free = value_of(
            f"return await tools.http({{url: '{here.url(host='two.test')}', headers: {{Range: 'bytes=0-'}}}})", tool
        )

    assert error.message == "the answer of api.test is compressed, and secrets could not be taken out of it"
    assert gzip.decompress(free["bytes"]) == TOKEN.encode()


@pytest.mark.parametrize("name", ["Range", "X_Trace"])
def test_a_redirect_brings_nothing_to_a_secret_that_a_script_cannot_send_there(name: str) -> None:
    """A host without secrets takes every header, but does not lend them to one with secrets."""
    trace = HostSecret(host="api.test", header="X-Trace", value="0123456789")
    answers: dict[str, Any] = {"/there": answer()}
    with site(answers) as here:
        answers["/"] = redirect(here.url("/there"))
        tool = here.tool("api.test", "two.test", secrets=(trace,))
        value_of(f"return await tools.http({{url: '{here.url(host='two.test')}', headers: {{{name}: 'x'}}}})", tool)

        sent = [(asked.headers.get(name.lower()), asked.headers.get("x-trace")) for asked in here.asked]
    assert sent == [("x", None), (None, "0123456789")]


@pytest.mark.parametrize("name", ["X_Api_Key", "x-api_key", "Content_Length", "Transfer_Encoding"])
def test_an_underscore_is_no_other_header(name: str) -> None:
    """Many servers take one for a hyphen."""
    key = HostSecret(host="api.test", header="X-Api-Key", value="0123456789")
    with site({"/": answer()}) as here:
        error = error_of(
            f"await tools.http({{url: '{here.url()}', headers: {{'{name}': 'x'}}}})", here.tool(secrets=(key,))
        )

    assert error.message == f"the header {name!r} is set by the host"


def test_a_secret_goes_to_one_port() -> None:
    """What else listens on that machine is somebody else."""
    with site({"/": answer()}) as here:
        answers = {"/": redirect(here.url())}
        with site(answers) as other:
            for port in (here.port, other.port):
                secret = HostSecret(host="api.test", value=f"Bearer {TOKEN}", port=port)
                tool = here.tool(secrets=(secret,), ports=(here.port, other.port))
                value_of(f"return await tools.http({{url: '{other.url()}'}})", tool)
            sent = [["authorization" in asked.headers for asked in each.asked] for each in (other, here)]

    assert sent == [[False, True], [True, False]]


@pytest.mark.parametrize(
    ("ports", "port", "sent_to"),
    [(None, None, [443]), ((443, 8443), None, [443]), ((8443,), None, [8443]), ((443, 8443), 8443, [8443])],
)
def test_a_secret_has_its_port_from_the_policy_where_it_names_none(
    ports: tuple[int, ...] | None, port: int | None, sent_to: list[int]
) -> None:
    """The only one, or that of https."""
    secret = HostSecret(host="api.test", value=f"Bearer {TOKEN}", port=port)
    policy = HttpPolicy(hosts=("api.test",), ports=ports, secrets=(secret,))

    targets = (parse_url(f"https://api.test:{each}/") for each in (443, 8443))
    assert [target.port for target in targets if policy.secrets_for(target)] == sent_to


@pytest.mark.parametrize("place", ["http://{}.evil.test/", "{}://x/", "http://{}@x/", "http://x/{}\\", "http://[{}"])
def test_errors_do_not_quote_a_secret_that_a_redirect_leads_to(place: str) -> None:
    """Not even a piece of it."""
    key = HostSecret(host="api.test", value="abcdefgh0123456789abcdefgh0123456789")
    with site({"/": redirect(place.format(key.value))}) as here:
        error = error_of(f"await tools.http({{url: '{here.url()}'}})", here.tool(secrets=(key,)))

    assert error.message.startswith("a redirect was refused: ")
    assert "abcdefgh" not in json.dumps(error.to_dict())


ODD = "a!b'(c)*d&e<f>g+h/i~j=k;l,m?n:o@p$q#r"
ODD_PATH = "a!b'(c)*d&e%3Cf%3Eg+h/i~j=k;l,m?n:o@p$q#r"
ODD_PART = "a!b'(c)*d%26e%3Cf%3Eg%2Bh%2Fi~j%3Dk%3Bl%2Cm%3Fn%3Ao%40p%24q%23r"
ODD_FORM = "a%21b%27%28c%29*d%26e%3Cf%3Eg%2Bh%2Fi%7Ej%3Dk%3Bl%2Cm%3Fn%3Ao%40p%24q%23r"
ODD_NET = "a!b\\u0027(c)*d\\u0026e\\u003Cf\\u003Eg\\u002Bh/i~j=k;l,m?n:o@p$q#r"
ODD_GO = "a!b'(c)*d\\u0026e\\u003cf\\u003eg+h/i~j=k;l,m?n:o@p$q#r"
ODD_FLASK = "a!b\\u0027(c)*d\\u0026e\\u003cf\\u003eg+h/i~j=k;l,m?n:o@p$q#r"


@pytest.mark.parametrize("echo", [ODD_PATH, ODD_PART, ODD_FORM, ODD_NET, ODD_GO, ODD_FLASK])
def test_each_language_escapes_in_its_own_way(echo: str) -> None:
    """encodeURI, encodeURIComponent, URLEncoder; System.Text.Json, encoding/json, Flask's tojson."""
    said = shown(answer(echo.encode()), HostSecret(host="api.test", value=f"Bearer {ODD}"))

    assert json.loads(said)["body"] == "[redacted]"


@pytest.mark.parametrize("value", ["session=abcdefgh1; theme=dark", 'Token token="abcdefgh1", realm=x'])
def test_what_has_a_name_in_a_secret_is_taken_out_by_itself(value: str) -> None:
    """A server that echoes cookies gives them one by one; short ones are no secrets."""
    cookie = HostSecret(host="api.test", header="Cookie", value=value)

    assert json.loads(shown(answer(b'{"session": "abcdefgh1", "theme": "dark"}'), cookie))["body"] == (
        '{"session": "[redacted]", "theme": "dark"}'
    )


def test_other_letters_stay_what_they_are() -> None:
    """Also those whose small form is longer, beside a secret in capitals."""
    assert (
        json.loads(shown(answer(f"İ K ß {TOKEN.upper()} \U0001f512".encode())))["body"] == "İ K ß [redacted] \U0001f512"
    )


def test_what_basic_authentication_wraps_is_taken_out_too() -> None:
    """The pair and the password; the user name alone is none."""
    pair = "robot:correct horse"
    secret = HostSecret(host="api.test", value=f"Basic {base64.b64encode(pair.encode()).decode()}")

    said = shown(answer(f"{pair} | correct horse | robot | {secret.value}".encode()), secret)

    assert json.loads(said)["body"] == "[redacted] | [redacted] | robot | [redacted]"


def test_a_secret_in_the_place_that_a_redirect_leads_to_is_taken_out() -> None:
    """The URL of the result is clean."""
    with site({"/": redirect(f"/?key={TOKEN}"), f"/?key={TOKEN}": answer(b"ok")}) as here:
        result = value_of(f"return await tools.http({{url: '{here.url()}'}})", here.tool(secrets=(BEARER,)))

        assert (result["body"], result["url"]) == ("ok", here.url("/?key=[redacted]"))


def test_errors_do_not_tell_a_secret() -> None:
    """Neither what went wrong nor the status line is quoted."""
    with site({"/": f"{TOKEN} is no status line\r\n\r\n".encode()}) as here:
        error = error_of(f"await tools.http({{url: '{here.url()}'}})", here.tool(secrets=(BEARER,)))

    assert TOKEN not in json.dumps(error.to_dict())


# -- redirects --------------------------------------------------------------------------------------------------------


def credentials_after(here: Site, to: str, answers: dict[str, Any]) -> list[dict[str, str]]:
    """What both hops carried of what tells who asks."""
    answers.update({"/": redirect(to), "/b": answer()})
    tool = here.tool("api.test", "two.test", secrets=(BEARER,))
    headers = "{Cookie: 'a=b', 'X-Auth-Token': 't', 'X-Trace': '1'}"
    value_of(f"return await tools.http({{url: '{here.url()}', headers: {headers}}})", tool)
    names = ("authorization", "cookie", "x-auth-token", "x-trace")
    return [{name: asked.headers[name] for name in names if name in asked.headers} for asked in here.asked]


ALL = {"authorization": f"Bearer {TOKEN}", "cookie": "a=b", "x-auth-token": "t", "x-trace": "1"}


def test_a_redirect_to_another_host_carries_no_credentials() -> None:
    """Neither the host's nor the script's; what is harmless stays."""
    answers: dict[str, Any] = {}
    with site(answers) as here:
        assert credentials_after(here, here.url("/b", host="two.test"), answers) == [ALL, {"x-trace": "1"}]


def test_a_redirect_within_the_host_carries_all() -> None:
    """It is the same origin."""
    answers: dict[str, Any] = {}
    with site(answers) as here:
        assert credentials_after(here, "/b", answers) == [ALL, ALL]


def test_a_redirect_back_to_the_host_of_a_secret_carries_it_again() -> None:
    """And only there; what the script set is gone for good."""
    answers: dict[str, Any] = {}
    with site(answers) as here:
        answers["/c"] = redirect(here.url("/d"))
        answers["/d"] = answer()
        assert credentials_after(here, here.url("/c", host="two.test"), answers) == [
            ALL, {"x-trace": "1"}, {"authorization": f"Bearer {TOKEN}", "x-trace": "1"},
        ]  # fmt: skip


# -- TLS --------------------------------------------------------------------------------------------------------------


def test_a_secret_is_not_sent_where_it_can_be_read_on_the_way() -> None:
    """http is refused for its host, although the policy allows http."""
    policy = HttpPolicy(hosts=("api.test",), schemes=("https", "http"), secrets=(BEARER,))
    error = error_of("await tools.http({url: 'http://api.test/'})", http_tool(policy, resolver=lambda *_: []))

    assert (error.code, error.message) == ("NetworkPolicyError", "api.test is asked over https only")


def test_the_certificate_is_verified_for_the_name() -> None:
    """The connection goes to the checked address; name indication and Host header say the name."""
    with site({"/": answer(b"secure")}, tls=True) as here:
        tool = http_tool(here.policy(schemes=("https",)), resolver=here.resolver, tls=client_context())
        url = here.url(scheme="https")

        assert value_of(f"return (await tools.http({{url: '{url}'}})).body", tool) == "secure"
        assert (here.names, here.asked[0].headers["host"]) == (["api.test"], f"api.test:{here.port}")


@pytest.mark.parametrize(
    ("host", "context", "why"),
    [
        (
            "other.test",
            client_context(),
            "Hostname mismatch, certificate is not valid for 'other.test'.",
        ),
        ("127.0.0.1", client_context(), "IP address mismatch, certificate is not valid for '127.0.0.1'."),
        ("api.test", None, "unable to get local issuer certificate"),
    ],
)
def test_a_certificate_for_somebody_else_is_refused(host: str, context: ssl.SSLContext | None, why: str) -> None:
    """Or from an authority that nobody knows: nothing is sent."""
    with site({"/": answer()}, tls=True) as here:
        tool = http_tool(here.policy(host, schemes=("https",)), resolver=here.resolver, tls=context)
        error = error_of(f"await tools.http({{url: '{here.url(host=host, scheme='https')}'}})", tool)

        assert (error.code, error.message) == (
            "ToolExecutionError", f"the certificate of {host} cannot be trusted: {why}",
        )  # fmt: skip
        assert here.asked == []


def test_a_server_without_tls_is_an_error() -> None:
    """Nothing is sent in the open."""
    with site({"/": answer()}) as here:
        tool = http_tool(here.policy(schemes=("https",), timeout_ms=60), resolver=here.resolver, tls=client_context())
        error = error_of(f"await tools.http({{url: '{here.url(scheme='https')}'}})", tool)

        assert (error.code, error.message) == ("ToolExecutionError", "no complete answer within 60 ms")
        assert here.lines == []


def test_an_answer_that_tls_does_not_end_is_not_whole() -> None:
    """Who cuts the connection cannot make half an answer look like all of it."""

    def cut(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nyou owe 10")

    with site({"/": cut}, tls=True) as here:
        tool = http_tool(here.policy(schemes=("https",)), resolver=here.resolver, tls=client_context())
        error = error_of(f"await tools.http({{url: '{here.url(scheme='https')}'}})", tool)

    assert (error.code, error.message) == ("ToolExecutionError", "the answer of api.test ended too soon")


def test_a_server_that_speaks_something_else_is_an_error() -> None:
    """What TLS says of it is told, and no more."""
    with site({}, greeting=b"220 mail.inner.test ready\r\n") as here:
        tool = http_tool(here.policy(schemes=("https",)), resolver=here.resolver, tls=client_context())
        error = error_of(f"await tools.http({{url: '{here.url(scheme='https')}'}})", tool)

    assert error.code == "ToolExecutionError"
    assert error.message.startswith("no secure connection to api.test: ")
    assert "inner" not in error.message


def test_a_redirect_from_https_to_http_is_refused() -> None:
    """Although the policy allows both."""
    answers: dict[str, Any] = {}
    with site(answers, tls=True) as here:
        answers["/"] = redirect(here.url())
        tool = http_tool(here.policy(schemes=("https", "http")), resolver=here.resolver, tls=client_context())
        error = error_of(f"await tools.http({{url: '{here.url(scheme='https')}'}})", tool)

    assert (error.code, error.message) == (
        "NetworkPolicyError", "a redirect was refused: it leads from https to http",
    )  # fmt: skip


def test_a_context_that_verifies_nothing_is_refused() -> None:
    """When the tool is made."""
    lax = ssl.create_default_context()
    lax.check_hostname = False
    for mode in (ssl.CERT_REQUIRED, ssl.CERT_NONE):
        lax.verify_mode = mode
        with pytest.raises(UsageError):
            http_tool(HttpPolicy(hosts=("api.test",)), tls=lax)
