"""Where requests may not go: odd spellings, addresses that are not public, redirects that lead there."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from typing import Any

import pytest
from http_site import Site, answer, redirect, site
from hypothesis import example, given
from hypothesis import strategies as st
from support import error_of, value_of

from belljar.packs._guard import kind_of
from belljar.packs._http import http_tool
from belljar.packs._http_policy import HttpPolicy
from belljar.packs._url import join_url, parse_url

# -- spellings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://2130706433/", "has a host that is a number, but no address like 192.0.2.1"),
        ("http://0x7f000001/", "has a host that is a number, but no address like 192.0.2.1"),
        ("http://0x7f.1/", "has a host that is a number, but no address like 192.0.2.1"),
        ("http://127.1/", "has a host that is a number, but no address like 192.0.2.1"),
        ("http://0177.0.0.1/", "has a host that is a number, but no address like 192.0.2.1"),
        ("http://127.0.0.01/", "has a host that is a number, but no address like 192.0.2.1"),
        ("http://127.0.0.1.5/", "has a host that is a number, but no address like 192.0.2.1"),
        ("http://api.test.0x/", "has a host that is a number, but no address like 192.0.2.1"),
        ("http://127.0.0.1./", "has no host name that is plain letters, digits, '-' and '.'"),
        ("http://api.test./", "has no host name that is plain letters, digits, '-' and '.'"),
        ("http://api..test/", "has no host name that is plain letters, digits, '-' and '.'"),
        ("http://.api.test/", "has no host name that is plain letters, digits, '-' and '.'"),
        ("http:///path", "has no host name that is plain letters, digits, '-' and '.'"),
        ("http://-api.test/", "has no host name that is plain letters, digits, '-' and '.'"),
        (f"http://{'a' * 64}.test/", "has no host name that is plain letters, digits, '-' and '.'"),
        (f"http://{'a.' * 126}test/", "has no host name that is plain letters, digits, '-' and '.'"),
        ("http://api.test%2eevil/", "has no host name that is plain letters, digits, '-' and '.'"),
        ("http://api.test\\@evil.test/", "holds a user name or password; credentials go into headers"),
        ("http://api.test@evil.test/", "holds a user name or password; credentials go into headers"),
        ("http://user:pass@api.test/", "holds a user name or password; credentials go into headers"),
        ("http://@api.test/", "holds a user name or password; credentials go into headers"),
        ("http://①②⑦.0.0.1/", "has a host that is not ASCII; write an international name as xn--..."),
        ("http://\uff11\uff12\uff17.0.0.1/", "has a host that is not ASCII; write an international name as xn--..."),
        ("http://api。test/", "has a host that is not ASCII; write an international name as xn--..."),
        ("http://[::/", "has no plain host and port"),
        ("http://[::1]x/", "has no plain host and port"),
        ("http://api.test:80:80/", "has no plain host and port"),
        ("http://api.test:/", "has no plain host and port"),
        ("http://api.test:+80/", "has no plain host and port"),
        ("http://api.test:٨٠/", "has no plain host and port"),
        ("http://api.test:0/", "has the port 0, which does not exist"),
        ("http://api.test:65536/", "has the port 65536, which does not exist"),
        ("http://[fe80::1%25eth0]/", "has an address with a zone"),
        ("http://[fe80::1%eth0]/", "has an address with a zone"),
        ("http://[127.0.0.1]/", "has no IPv6 address in its brackets"),
        ("http:/api.test/", "is no absolute URL like https://host/path"),
        ("http:\\\\api.test/", "is no absolute URL like https://host/path"),
        ("//api.test/", "is no absolute URL like https://host/path"),
        (" http://api.test/", "is no absolute URL like https://host/path"),
        ("http://api.test/\r\nX: y", "holds a control character"),
        ("http://api.\ttest/", "holds a control character"),
        ("http://api.test\0.evil.test/", "holds a control character"),
        ("file:///etc/passwd", "has the scheme 'file'; there are only https and http"),
        ("gopher://api.test/", "has the scheme 'gopher'; there are only https and http"),
        ("http://api.test/" + "a" * 8_000, "is longer than 8,000 characters"),
    ],
)
def test_a_url_with_two_readings_is_refused(url: str, why: str) -> None:
    """Before anybody looks a name up."""

    def resolver(host: str, _port: int) -> Sequence[str]:
        raise AssertionError(host)

    hosts = ("api.test", "127.0.0.1", "evil.test", "[::1]")
    policy = HttpPolicy(hosts=hosts, allow_private=hosts, schemes=("http",))

    error = error_of(f"await tools.http({{url: {js(url)}}})", http_tool(policy, resolver=resolver))

    assert (error.code, error.message) == ("ToolValidationError", f"url {why}")


def js(text: str) -> str:
    """A text as a JavaScript literal."""
    return "'" + "".join(f"\\u{{{ord(each):x}}}" if each in "\\'" or each < " " else each for each in text) + "'"


@given(
    st.text(alphabet=st.sampled_from("htps:/.@[]%\\?#x0123abf _-:é"), max_size=40).map(lambda rest: f"http://{rest}")
)
@example("http://a.b:8/?@x/#y")
def test_what_is_read_from_a_url_is_what_its_own_text_says(url: str) -> None:
    """Reading the normal form again gives the same, and no other part of it looks like a host."""
    try:
        target = parse_url(url)
    except ValueError:
        return

    assert parse_url(target.url) == target
    assert target.url.split("/")[2] == target.authority
    assert not set(target.authority) & set("@\\%# ?")


@given(st.text(alphabet=st.sampled_from("htps:/.@[]%?#x01a \\"), max_size=20))
def test_a_redirect_leads_to_one_place_however_it_is_written(reference: str) -> None:
    """Relative or not: what it is joined to is a plain target."""
    base = parse_url("https://api.test/a/b?c")
    try:
        target = join_url(base, reference)
    except ValueError:
        return

    assert parse_url(target.url) == target
    assert reference.lower().startswith(("//", "http")) or target.origin == base.origin


# -- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("93.184.216.34", "public"),
        ("2606:4700::6810:84e5", "public"),
        ("64:ff9b::5db8:d822", "public"),
        ("10.1.2.3", "private"),
        ("172.31.255.255", "private"),
        ("192.168.0.1", "private"),
        ("fd12::1", "private"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("::1", "loopback"),
        ("100.64.0.1", "shared"),
        ("169.254.1.1", "link-local"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("169.254.169.254", "metadata"),
        ("fd00:ec2::254", "metadata"),
        ("168.63.129.16", "metadata"),
        ("100.100.100.200", "metadata"),
        ("224.0.0.1", "multicast"),
        ("ff02::1", "multicast"),
        ("0.0.0.0", "reserved"),  # noqa: S104
        ("0.1.2.3", "reserved"),
        ("255.255.255.255", "reserved"),
        ("240.0.0.1", "reserved"),
        ("192.0.2.1", "reserved"),
        ("::", "reserved"),
        ("::127.0.0.1", "reserved"),
        ("::ffff:127.0.0.1", "reserved"),
        ("::ffff:93.184.216.34", "reserved"),
        ("64:ff9b::7f00:1", "reserved"),
        ("64:ff9b::a9fe:a9fe", "reserved"),
        ("64:ff9b:1::1", "reserved"),
        ("2002:7f00:1::", "reserved"),
        ("2001:0:1::1", "reserved"),
        ("2001:db8::1", "reserved"),
        ("fec0::1", "reserved"),
        ("4000::1", "reserved"),
    ],
)
def test_an_address_has_a_kind(address: str, kind: str) -> None:
    """Only what is known to be public is public."""
    assert kind_of(address) == kind


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6), st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address)))
def test_no_address_is_public_that_python_knows_to_be_special(address: Any) -> None:
    """Python's own tables of the registries agree, but for NAT64, which they do not unwrap."""
    if kind_of(str(address)) == "public" and address not in ipaddress.ip_network("64:ff9b::/96"):
        assert address.is_global
        assert not any((address.is_multicast, address.is_reserved, address.is_link_local, address.is_unspecified))


def test_a_name_with_an_address_that_is_not_public_is_refused() -> None:
    """Nothing is connected to, and the error does not tell the address."""
    with site({}) as here:
        tool = http_tool(HttpPolicy(hosts=("api.test",), schemes=("http",), ports=(here.port,)), resolver=here.resolver)
        error = error_of(f"await tools.http({{url: '{here.url()}'}})", tool)

        assert (error.code, error.message) == (
            "NetworkPolicyError", "api.test has a loopback address, which may not be reached",
        )  # fmt: skip
        assert here.connections == 0
        assert "127.0" not in error.to_model()


@pytest.mark.parametrize("bad", ["10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1"])
def test_one_bad_address_spoils_the_name(bad: str) -> None:
    """Also as the last of several."""
    tool = http_tool(HttpPolicy(hosts=("api.test",)), resolver=lambda *_: ["93.184.216.34", bad])

    assert error_of("await tools.http({url: 'https://api.test/'})", tool).code == "NetworkPolicyError"


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "169.254.169.254", "[::ffff:127.0.0.1]"])
def test_an_address_that_the_policy_names_must_still_be_public(host: str) -> None:
    """Unless the policy says so of this one; and nobody is asked to look it up."""
    policy = HttpPolicy(hosts=(host,), schemes=("http",))
    tool = http_tool(policy, resolver=lambda *_: ["93.184.216.34"])

    assert error_of(f"await tools.http({{url: 'http://{host}/'}})", tool).code == "NetworkPolicyError"


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "fe80::1", "0.0.0.0", "::", "224.0.0.1"])  # noqa: S104
def test_a_host_that_may_be_private_may_not_be_anything(address: str) -> None:
    """Metadata and link-local addresses are never reached."""
    policy = HttpPolicy(hosts=("api.test",), allow_private=("api.test",))
    tool = http_tool(policy, resolver=lambda *_: [address])

    assert error_of("await tools.http({url: 'https://api.test/'})", tool).code == "NetworkPolicyError"


def test_an_address_can_be_allowed_by_itself() -> None:
    """Then it is the host."""
    with site({"/": answer(b"here")}) as here:
        url = here.url(host="127.0.0.1")
        assert value_of(f"return (await tools.http({{url: '{url}'}})).body", here.tool("127.0.0.1")) == "here"


class Rebinding:
    """A resolver that gives another answer each time."""

    def __init__(self, *answers: str) -> None:
        self.asked: list[str] = []
        self._answers = iter(answers)

    def __call__(self, host: str, _port: int) -> list[str]:
        self.asked.append(host)
        return [next(self._answers)]


def test_the_address_that_was_checked_is_the_one_connected_to() -> None:
    """A name is looked up once for a hop: what it says a moment later is not asked for."""
    with site({"/": answer(b"checked")}) as here:
        resolver = Rebinding("127.0.0.1", "169.254.169.254")
        tool = http_tool(here.policy(), resolver=resolver)

        assert value_of(f"return (await tools.http({{url: '{here.url()}'}})).body", tool) == "checked"
        assert (resolver.asked, here.connections) == (["api.test"], 1)


def test_a_redirect_to_the_same_host_is_checked_again() -> None:
    """A name that has moved to a forbidden address meanwhile is refused."""
    with site({"/": redirect("/next"), "/next": answer()}) as here:
        resolver = Rebinding("127.0.0.1", "169.254.169.254")
        error = error_of(f"await tools.http({{url: '{here.url()}'}})", http_tool(here.policy(), resolver=resolver))

        assert (error.code, error.message) == (
            "NetworkPolicyError", "api.test has a metadata address, which may not be reached",
        )  # fmt: skip
        assert (resolver.asked, here.lines) == (["api.test", "api.test"], ["GET / HTTP/1.1"])


def test_the_next_address_is_tried_where_one_does_not_answer() -> None:
    """All of them were checked before."""
    with site({"/": answer(b"second")}) as here:
        tool = http_tool(here.policy(), resolver=lambda *_: ["127.0.0.77", "127.0.0.1"])

        assert value_of(f"return (await tools.http({{url: '{here.url()}'}})).body", tool) == "second"


def test_names_are_looked_up_by_the_system_where_nobody_else_does() -> None:
    """`localhost` is known everywhere, and judged like any other name."""
    with site({"/": answer(b"local")}) as here:
        ask = f"return (await tools.http({{url: '{here.url(host='localhost')}'}})).body"
        strict = HttpPolicy(hosts=("localhost",), schemes=("http",), ports=(here.port,))

        assert value_of(ask, http_tool(here.policy("localhost"))) == "local"
        assert error_of(ask, http_tool(strict)).message == "localhost has a loopback address, which may not be reached"


def test_a_name_without_an_address_is_told_apart() -> None:
    """It is no matter of policy."""

    def unknown(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    def nothing(_host: str, _port: int) -> list[str]:
        return []

    for resolver in (unknown, nothing):
        tool = http_tool(HttpPolicy(hosts=("api.test",)), resolver=resolver)
        error = error_of("await tools.http({url: 'https://api.test/'})", tool)
        assert (error.code, error.message) == ("ToolExecutionError", "the name api.test has no address")


@pytest.mark.parametrize("given", [["127.0.0.1", "nonsense"], [b"\x7f\0\0\1"], [2130706433], "127.0.0.1"])
def test_a_resolver_that_gives_no_addresses_is_at_fault(given: Any) -> None:
    """Nothing that could be read as one is taken for one, and nothing is connected to."""
    with site({"/": answer()}) as here:
        tool = http_tool(here.policy(), resolver=lambda *_: given)
        error = error_of(f"await tools.http({{url: '{here.url()}'}})", tool)

        assert error.message == "http failed: UsageError: the resolver gave what is no address"
        assert here.connections == 0


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """They would connect to whatever the name means to them."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with site({"/": answer(b"direct")}) as here:
        assert value_of(f"return (await tools.http({{url: '{here.url()}'}})).body", here.tool()) == "direct"


# -- redirects --------------------------------------------------------------------------------------------------------


def followed(here: Site, *hosts: str, **options: Any) -> Any:
    """What comes of asking for the root."""
    return value_of(f"return await tools.http({{url: '{here.url()}'}})", here.tool(*hosts, **options))


@pytest.mark.parametrize(
    ("location", "path"),
    [("/b/c", "/b/c"), ("b?x=y#z", "/b?x=y"), ("?q", "/?q"), ("/é".encode().decode("latin-1"), "/%C3%A9")],
)
def test_a_redirect_is_followed(location: str, path: str) -> None:
    """Relative ones too; the result says where it came from."""
    with site({"/": redirect(location), path: answer(b"there")}) as here:
        result = followed(here)

        assert (result["body"], result["url"], result["redirected"]) == ("there", here.url(path), True)


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://169.254.169.254/latest/meta-data", "it leads to an address that is not allowed"),
        ("http://127.0.0.1:PORT/", "it leads to an address that is not allowed"),
        ("http://[::1]/", "it leads to an address that is not allowed"),
        ("//other.test/", "the host 'other.test' is not allowed"),
        ("http://api.test:22/", "the port 22 is not allowed"),
        ("https://api.test:PORT/", "https is not allowed, only http"),
        ("file:///etc/passwd", "its URL has the scheme 'file'; there are only https and http"),
        ("http://2130706433/", "its URL has a host that is a number, but no address like 192.0.2.1"),
        ("http://user@api.test:PORT/", "its URL holds a user name or password; credentials go into headers"),
        ("/\\evil.test/", "its URL holds a backslash"),
        ("\\\\evil.test/", "its URL holds a backslash"),
        ("ht\ttp://evil.test/", "its URL holds a control character"),
        ("http://[::1", "its URL has no plain host and port"),
    ],
)
def test_a_redirect_to_what_is_not_allowed_is_refused(location: str, why: str) -> None:
    """Without a connection, and without a word about addresses that the script did not give."""
    answers: dict[str, Any] = {}
    with site(answers) as here:
        answers["/"] = redirect(location.replace("PORT", str(here.port)))
        error = error_of(f"await tools.http({{url: '{here.url()}'}})", here.tool())

        assert (error.code, error.message) == ("NetworkPolicyError", f"a redirect was refused: {why}")
        assert here.connections == 1


def test_a_redirect_to_an_allowed_name_at_a_private_address_is_refused() -> None:
    """The second hop is judged like the first."""
    answers: dict[str, Any] = {}
    with site(answers) as here:
        answers["/"] = redirect(here.url("/", host="inner.test"))
        policy = HttpPolicy(
            hosts=("api.test", "inner.test"), allow_private=("api.test",), schemes=("http",), ports=(here.port,)
        )
        error = error_of(f"await tools.http({{url: '{here.url()}'}})", http_tool(policy, resolver=here.resolver))

        assert error.message == "inner.test has a loopback address, which may not be reached"
        assert here.connections == 1


def test_a_loop_of_redirects_ends() -> None:
    """After as many as the policy says."""
    with site({"/": redirect("/again"), "/again": redirect("/")}) as here:
        error = error_of(f"await tools.http({{url: '{here.url()}'}})", here.tool(redirects=3))

        assert (error.code, error.message, here.connections) == (
            "NetworkPolicyError", "the answer is a redirect for more than 3 times", 4,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "method", "line", "body"),
    [
        ("301 Moved", "POST", "GET /b HTTP/1.1", b""),
        ("302 Found", "POST", "GET /b HTTP/1.1", b""),
        ("303 See Other", "PUT", "GET /b HTTP/1.1", b""),
        ("301 Moved", "PUT", "PUT /b HTTP/1.1", b"x"),
        ("307 Again", "POST", "POST /b HTTP/1.1", b"x"),
        ("308 Again", "PUT", "PUT /b HTTP/1.1", b"x"),
    ],
)
def test_a_redirect_changes_the_method_as_browsers_do(status: str, method: str, line: str, body: bytes) -> None:
    """With the body goes what describes it."""
    with site({"/": redirect("/b", status), "/b": answer()}) as here:
        tool = here.tool(methods=("GET", "POST", "PUT"))
        value_of(f"return await tools.http({{url: '{here.url()}', method: '{method}', body: 'x'}})", tool)

        assert (here.asked[1].line, here.asked[1].body) == (line, body)
        assert ("content-type" in here.asked[1].headers) == bool(body)


def test_a_redirect_to_a_method_that_is_not_allowed_is_refused() -> None:
    """POST alone does not allow the GET that follows."""
    with site({"/": redirect("/b", "303 See Other")}) as here:
        tool = here.tool(methods=("POST",))
        error = error_of(f"await tools.http({{url: '{here.url()}', method: 'POST'}})", tool)

    assert error.message == "a redirect was refused: the method 'GET' is not allowed, only POST"


def test_head_stays_head() -> None:
    """Whatever the status of the redirect."""
    with site({"/": redirect("/b", "303 See Other"), "/b": answer()}) as here:
        value_of(f"return await tools.http({{url: '{here.url()}', method: 'HEAD'}})", here.tool())

        assert here.lines == ["HEAD / HTTP/1.1", "HEAD /b HTTP/1.1"]
