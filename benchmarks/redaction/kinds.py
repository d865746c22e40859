"""What must not stay: eighty-four kinds of secrets and personal data, each made up by a seeded generator.

A kind is a form: fixed parts, and runs of random characters of an alphabet. Nothing here was ever issued by anybody.
Kinds that nobody could tell from an id or a hash without their name carry the name they usually have.
"""

from __future__ import annotations

import base64
import json
import string
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

LOWER: Final = string.ascii_lowercase
UPPER: Final = string.ascii_uppercase
DIGITS: Final = string.digits
HEX: Final = "0123456789abcdef"
BASE32: Final = UPPER + "234567"
BASE62: Final = string.ascii_letters + DIGITS
BASE64: Final = BASE62 + "+/"
URL64: Final = BASE62 + "-_"

Part = str | tuple[int, str]
Parts = tuple[Part, ...]
Make = Callable[[Random], tuple[str, str]]
"""The text that stands somewhere, and the part of it that must go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of text that must be redacted."""

    name: str
    make: Make
    key: str | None = None
    """The name it stands under; None: any, so that only its form tells."""
    lines: bool = False
    """Whether it has line breaks, so that it cannot stand in every place."""
    spaces: bool = False
    """Whether it is a sentence of its own, like a header: it cannot be the value in an address."""


def words(text: str) -> list[str]:
    """The blank-separated words of `text`: a long list reads better so."""
    return text.split()


def run(random: Random, count: int, alphabet: str) -> str:
    return "".join(random.choice(alphabet) for _ in range(count))


def form(*parts: Part) -> Make:
    def make(random: Random) -> tuple[str, str]:
        text = "".join(part if isinstance(part, str) else run(random, *part) for part in parts)
        return text, text

    return make


def _inside(before: Parts, secret: Parts, after: Parts) -> Make:
    def make(random: Random) -> tuple[str, str]:
        texts = [form(*parts)(random)[0] for parts in (before, secret, after)]
        return "".join(texts), texts[1]

    return make


def _jwt(random: Random) -> tuple[str, str]:
    head = {"alg": random.choice(["HS256", "RS256", "ES256"]), "typ": "JWT"}
    body = {
        "sub": run(random, 12, DIGITS),
        "iat": random.randrange(1_600_000_000, 1_800_000_000),
        "x": run(random, 9, LOWER),
    }
    parts = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in (head, body)]
    text = ".".join([*parts, run(random, 43, URL64)])
    return text, text


def _pem(label: str, count: int, *, headers: str = "", tail: str = "") -> Make:
    def make(random: Random) -> tuple[str, str]:
        body = run(random, count, BASE64)
        rows = "\n".join(body[at : at + 64] for at in range(0, count, 64))
        text = f"-----BEGIN {label}-----\n{headers}{rows}{tail}\n-----END {label}-----"
        return text, rows

    return make


def _one_line(label: str, count: int) -> Make:
    def make(random: Random) -> tuple[str, str]:
        text, rows = _pem(label, count)(random)
        return text.replace("\n", "\\n"), rows.replace("\n", "\\n")

    return make


def _basic(random: Random) -> tuple[str, str]:
    secret = base64.b64encode(f"{run(random, 7, LOWER)}:{run(random, 11, BASE62)}".encode()).decode()
    return f"Authorization: Basic {secret}", secret


_WORDS: Final = words("mara tobias yuki anders priya joao lena omar ingrid pavel")
_HOSTS: Final = words("posteo.de corp.example.org fjord.io mail.lakeside.co.uk uni-rostock.de")


def _email(random: Random) -> tuple[str, str]:
    first, last = random.sample(_WORDS, 2)
    local = random.choice(
        [
            f"{first}.{last}",
            f"{first[0]}{last}",
            f"{first}+{run(random, 4, LOWER)}",
            f"{first}_{run(random, 2, DIGITS)}",
        ]
    )
    text = f"{local}@{random.choice(_HOSTS)}"
    return text, text


def _card(prefixes: tuple[str, ...], length: int, groups: tuple[int, ...]) -> Make:
    def make(random: Random) -> tuple[str, str]:
        body = random.choice(prefixes)
        body += run(random, length - 1 - len(body), DIGITS)
        digits = body + next(digit for digit in DIGITS if luhn(body + digit))
        text = random.choice([digits, _grouped(digits, groups, " "), _grouped(digits, groups, "-")])
        return text, text

    return make


def luhn(digits: str) -> bool:
    doubled = [int(digit) * (2 if at % 2 else 1) for at, digit in enumerate(reversed(digits))]
    return sum(each - 9 if each > 9 else each for each in doubled) % 10 == 0


def _grouped(digits: str, groups: tuple[int, ...], separator: str) -> str:
    starts = [sum(groups[:at]) for at in range(len(groups))]
    return separator.join(digits[start : start + size] for start, size in zip(starts, groups, strict=True))


_PLAIN: Final[dict[str, Parts]] = {
    "aws access key": ("AKIA", (16, BASE32)),
    "aws session key": ("ASIA", (16, BASE32)),
    "github personal": ("ghp_", (36, BASE62)),
    "github oauth": ("gho_", (36, BASE62)),
    "github server": ("ghs_", (36, BASE62)),
    "github user": ("ghu_", (36, BASE62)),
    "github refresh": ("ghr_", (76, BASE62)),
    "github fine-grained": ("github_pat_", (22, BASE62), "_", (59, BASE62)),
    "gitlab": ("glpat-", (20, URL64)),
    "gitlab runner": ("glrt-", (20, URL64)),
    "openai": ("sk-", (20, BASE62), "T3BlbkFJ", (20, BASE62)),
    "openai project": ("sk-proj-", (74, URL64), "T3BlbkFJ", (74, URL64)),
    "openai service": ("sk-svcacct-", (58, URL64), "T3BlbkFJ", (58, URL64)),
    "anthropic": ("sk-ant-api03-", (93, URL64), "AA"),
    "openrouter": ("sk-or-v1-", (64, HEX)),
    "slack bot": ("xoxb-", (12, DIGITS), "-", (13, DIGITS), "-", (24, BASE62)),
    "slack user": ("xoxp-", (12, DIGITS), "-", (12, DIGITS), "-", (13, DIGITS), "-", (32, HEX)),
    "slack app": ("xapp-1-A", (10, UPPER + DIGITS), "-", (13, DIGITS), "-", (64, HEX)),
    "stripe live": ("sk_live_", (24, BASE62)),
    "stripe restricted": ("rk_live_", (24, BASE62)),
    "stripe test": ("sk_test_", (99, BASE62)),
    "stripe webhook": ("whsec_", (32, BASE62)),
    "google api": ("AIza", (35, URL64)),
    "google oauth": ("ya29.", (120, URL64)),
    "google client secret": ("GOCSPX-", (28, URL64)),
    "azure client secret": ((3, BASE62), (1, DIGITS), "Q~", (34, BASE62 + "-_.~")),
    "npm": ("npm_", (36, BASE62)),
    "pypi": ("pypi-AgEIcHlwaS5vcmc", (120, URL64)),
    "hugging face": ("hf_", (34, string.ascii_letters)),
    "twilio": ("SK", (32, HEX)),
    "sendgrid": ("SG.", (22, URL64), ".", (43, URL64)),
    "telegram": ((10, DIGITS), ":AA", (33, URL64)),
    "discord bot": ("M", (23, BASE62), ".", (6, URL64), ".", (27, URL64)),
    "shopify": ("shpat_", (32, HEX)),
    "digitalocean": ("dop_v1_", (64, HEX)),
    "databricks": ("dapi", (32, HEX)),
    "vault": ("hvs.", (24, URL64)),
    "doppler": ("dp.pt.", (43, BASE62)),
    "linear": ("lin_api_", (40, BASE62)),
    "notion": ("ntn_", (11, DIGITS), (35, BASE62)),
    "postman": ("PMAK-", (24, HEX), "-", (34, HEX)),
    "new relic": ("NRAK-", (27, UPPER + DIGITS)),
    "mailgun": ("key-", (32, HEX)),
    "heroku": ("HRKU-", (58, URL64)),
    "docker hub": ("dckr_pat_", (27, URL64)),
    "grafana": ("glsa_", (32, BASE62), "_", (8, HEX)),
    "groq": ("gsk_", (52, BASE62)),
    "age": ("AGE-SECRET-KEY-1", (58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")),
    "supabase": ("sbp_", (40, HEX)),
    "terraform cloud": ((14, BASE62), ".atlasv1.", (67, URL64)),
    "high-entropy base64": ((40, BASE64),),
    "high-entropy base62": ((32, BASE62),),
    "high-entropy base64url": ((43, URL64),),
}

_NAMED: Final[dict[str, tuple[str, Parts]]] = {
    "aws secret": ("aws_secret_access_key", ((40, BASE64),)),
    "cloudflare": ("CLOUDFLARE_API_TOKEN", ((40, URL64),)),
    "datadog": ("DD_API_KEY", ((32, HEX),)),
    "heroku uuid": ("HEROKU_API_KEY", ((8, HEX), "-", (4, HEX), "-", (4, HEX), "-", (4, HEX), "-", (12, HEX))),
    "twilio auth": ("TWILIO_AUTH_TOKEN", ((32, HEX),)),
    "password": ("db_password", ((4, LOWER), (2, DIGITS), (5, LOWER), "!")),
    "client secret": ("clientSecret", ((24, LOWER + DIGITS),)),
}

_WITH_SURROUNDINGS: Final[dict[str, tuple[Parts, Parts, Parts]]] = {
    "slack webhook": (
        ("https://hooks.slack.com/services/",),
        ("T", (8, UPPER + DIGITS), "/B", (8, UPPER + DIGITS), "/", (24, BASE62)),
        (),
    ),
    "discord webhook": (("https://discord.com/api/webhooks/", (18, DIGITS), "/"), ((68, URL64),), ()),
    "azure storage": (
        ("DefaultEndpointsProtocol=https;AccountName=", (9, LOWER), ";AccountKey="),
        ((86, BASE64), "=="),
        (";EndpointSuffix=core.windows.net",),
    ),
    "azure sas": (
        (
            "https://",
            (8, LOWER),
            ".blob.core.windows.net/box?sv=2024-11-04&se=2027-01-01T00%3A00%3A00Z&sr=c&sp=rl&sig=",
        ),
        ((43, BASE62), "%3D"),
        (),
    ),
    "postgres url": (
        ("postgresql://", (6, LOWER), ":"),
        ((12, BASE62),),
        ("@db.", (5, LOWER), ".internal:5432/", (6, LOWER)),
    ),
    "redis url": (("redis://:",), ((14, BASE62),), ("@cache-", (2, DIGITS), ":6379/0")),
    "mongodb url": (
        ("mongodb+srv://", (5, LOWER), ":"),
        ((6, LOWER), (3, DIGITS)),
        (
            "@cluster0.",
            (5, LOWER),
            ".mongodb.net/app",
        ),
    ),
    "https url": (
        ("https://", (6, LOWER), ":"),
        ((20, BASE62),),
        ("@git.", (5, LOWER), ".org/team/", (6, LOWER), ".git"),
    ),
}

_SENTENCES: Final[dict[str, tuple[Parts, Parts, Parts]]] = {
    "sql server": (
        ("Server=tcp:sql-", (4, LOWER), ",1433;Database=shop;User ID=", (5, LOWER), ";Password="),
        ((5, LOWER), (4, DIGITS), "x$"),
        (";Encrypt=True;",),
    ),
    "bearer header": (("Authorization: Bearer ",), ((36, LOWER + DIGITS),), ()),
    "cookie": (("Cookie: theme=dark; sessionid=",), ((32, LOWER + DIGITS),), ()),
    "set-cookie": (("Set-Cookie: sid=",), ((26, LOWER + DIGITS),), ("; Path=/; HttpOnly",)),
}

_PEM_HEADERS: Final = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"

_MADE: Final = (
    Kind(name="jwt", make=_jwt),
    Kind(name="basic header", make=_basic, spaces=True),
    Kind(name="e-mail", make=_email),
    Kind(name="card visa", make=_card(("4",), 16, (4, 4, 4, 4)), spaces=True),
    Kind(name="card mastercard", make=_card(("51", "55", "2221"), 16, (4, 4, 4, 4)), spaces=True),
    Kind(name="card amex", make=_card(("34", "37"), 15, (4, 6, 5)), spaces=True),
    Kind(name="pem rsa", make=_pem("RSA PRIVATE KEY", 400), lines=True, spaces=True),
    Kind(name="pem pkcs8", make=_pem("PRIVATE KEY", 184), lines=True, spaces=True),
    Kind(
        name="pem encrypted",
        make=_pem(
            "RSA PRIVATE KEY",
            400,
            headers=_PEM_HEADERS,
        ),
        lines=True,
        spaces=True,
    ),
    Kind(name="pem one line", make=_one_line("PRIVATE KEY", 184), spaces=True),
    Kind(name="openssh", make=_pem("OPENSSH PRIVATE KEY", 360), lines=True, spaces=True),
    Kind(
        name="pgp",
        make=_pem("PGP PRIVATE KEY BLOCK", 384, headers="Version: 1\n\n", tail="\n=aB3d"),
        lines=True,
        spaces=True,
    ),
)

KINDS: Final = (
    *(Kind(name=name, make=form(*parts)) for name, parts in _PLAIN.items()),
    *(Kind(name=name, make=form(*parts), key=key) for name, (key, parts) in _NAMED.items()),
    *(Kind(name=name, make=_inside(*parts)) for name, parts in _WITH_SURROUNDINGS.items()),
    *(Kind(name=name, make=_inside(*parts), spaces=True) for name, parts in _SENTENCES.items()),
    *_MADE,
)
