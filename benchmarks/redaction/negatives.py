"""What must stay: texts that look like secrets to somebody in a hurry, made by seeded generators.

Decided here: an IBAN stays (it is on every invoice, and is no credential), so do fingerprints, digests and commits in
hexadecimal wherever they stand (an audit log is made of them), public keys, certificates, and placeholders.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from benchmarks.redaction.kinds import BASE62, BASE64, DIGITS, HEX, LOWER, UPPER, run, words

_WORDS: Final = words(
    "the quick report shows that every customer in this region paid on time while two orders were returned because of"
    " damage during transport and nobody answered our question about the storage password policy or the secret of good"
    " token economics so please look again at section four before Monday basic bearer of bad news keeps his cookie"
)
_NAMES: Final = words(
    "user order invoice payment session handler factory controller provider abstract configuration response request"
    " manager service registry builder visitor buffer stream parser token lexer index cache authentication key secret"
)
_PARTS: Final = words(
    "src lib tests components Button2 utils node_modules dist assets v2 api internal README docs 2026"
)
_PNG: Final = "iVBORw0KGgoAAAANSUhEUgAA"


def _prose(random: Random) -> str:
    return " ".join(random.choice(_WORDS) for _ in range(random.randrange(12, 40))).capitalize() + "."


def _camel(random: Random, count: int) -> str:
    first, *rest = (random.choice(_NAMES) for _ in range(count))
    return first + "".join(each.capitalize() for each in rest)


def _snake(random: Random, count: int) -> str:
    return "_".join(random.choice(_NAMES) for _ in range(count))


def _uuid(random: Random) -> str:
    return "-".join(run(random, count, HEX) for count in (8, 4, 4, 4, 12))


def _path(random: Random) -> str:
    return "/".join(["", *(random.choice(_PARTS) for _ in range(6)), f"{_camel(random, 3)}.test.tsx"])


def _python(random: Random) -> str:
    name, other = _snake(random, 3), _snake(random, 2)
    return (
        f"def {name}({other}: str, *, api_key: str | None = None) -> dict[str, int]:\n"
        f"    password = getpass.getpass()\n    token = self._tokens.pop({other!r}, None)\n"
        f"    return {{key: len(value) for key, value in {other}.items()}}\n"
    )


def _typescript(random: Random) -> str:
    name = _camel(random, 3)
    return (
        f"export async function {name}(token: string, secretName: SecretName): Promise<Array<{_camel(random, 2)}>> {{\n"
        f"  const accessToken = await this.{_camel(random, 2)}.getAccessToken();\n"
        f"  if (!password) throw new {_camel(random, 2)}Error(`no password for ${{user.name}}`);\n"
        f"  return items.filter((item) => item.key === secretKey.value);\n}}"
    )


def _minified(random: Random) -> str:
    names = [run(random, random.randrange(1, 3), LOWER) for _ in range(40)]
    calls = ";".join(
        f"{a}={b}.prototype.{_camel(random, 2)}({a},function({b}){{return {b}?{a}.t:{b}[{random.randrange(99)}]}})"
        for a, b in zip(names[::2], names[1::2], strict=True)
    )
    return f"!function(e,t){{'use strict';var {calls}}}(window,document);"


def _integrity(random: Random) -> str:
    digest = base64.b64encode(hashlib.sha512(random.randbytes(8)).digest()).decode()
    source = f"https://registry.npmjs.org/{run(random, 6, LOWER)}/-/x-1.2.3.tgz"
    return f'"resolved": "{source}",\n"integrity": "sha512-{digest}"'


def _image(random: Random) -> str:
    return f'<img src="data:image/png;base64,{_PNG}{run(random, 900, BASE64)}" alt="chart">'


def _bare_image(random: Random) -> str:
    return _PNG + run(random, random.randrange(400, 2_000), BASE64)


def _certificate(random: Random) -> str:
    rows = "\n".join(run(random, 64, BASE64) for _ in range(8))
    label = random.choice(["CERTIFICATE", "PUBLIC KEY"])
    return f"-----BEGIN {label}-----\nMIIB{rows}\n-----END {label}-----"


def _ssh_public(random: Random) -> str:
    return f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{run(random, 43, BASE64)} deploy"


def _placeholder(random: Random) -> str:
    return random.choice(
        [
            "password=<your password>",
            "token: ${GITHUB_TOKEN}",
            "apiKey: process.env.API_KEY,",
            "OPENAI_API_KEY=sk-...",
            "export GH_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            'secret = os.environ["CLIENT_SECRET"]',
            "password: ********",
            "Authorization: Bearer $TOKEN",
            "postgresql://user:password@localhost/db",
            "mysql://root:${MYSQL_PASSWORD}@db/app",
            "client_secret: {{ .Values.clientSecret }}",
            "token=YOUR_TOKEN_HERE",
            "aws_secret_access_key = <redacted>",
            "--password-file /run/secrets/db",
            "password: string;",
            "secret: null",
            "token: undefined",
            "passwordHash: string | null",
            "API_KEY=changeme",
            "AKIAIOSFODNN7EXAMPLE is the documented one",
        ]
    )


def _base64_text(random: Random) -> str:
    return base64.b64encode(_prose(random)[:90].encode()).decode()


def _cursor(random: Random) -> str:
    body = f'{{"after":{random.randrange(10**6)},"order":"created_at","page":{random.randrange(99)}}}'
    return "next=" + base64.urlsafe_b64encode(body.encode()).decode()


def _trace(random: Random) -> str:
    name = _camel(random, 2)
    return (
        f'Traceback (most recent call last):\n  File "/usr/lib/python3.12/site-packages/{_snake(random, 2)}/core.py", '
        f"line {random.randrange(999)}, in {name}\n"
        f"    raise AuthenticationError(token)\nKeyError: '{_snake(random, 3)}'"
    )


def _sql(random: Random) -> str:
    return (
        f"JOIN {_snake(random, 2)} u ON t.user_id = u.id AND u.password_hash IS NOT NULL AND t.token_count < 9 "
        f"WHERE u.created_at > '2026-0{random.randrange(1, 9)}-01' AND key = 'theme' ORDER BY 1"
    )


def _html(random: Random) -> str:
    return (
        f'<input type="password" name="password" id="{_camel(random, 3)}" class="mt-4 px-2 hover:bg-slate-100" '
        'autocomplete="current-password">'
    )


def _other_languages(random: Random) -> str:
    return random.choice(
        [
            "Das Donaudampfschifffahrtsgesellschaftskapitänspatent liegt bei.",
            "Пароль должен быть не короче двенадцати знаков.",
            "パスワードは十二文字以上でなければなりません。",
            "Le mot de passe: au moins douze caractères, s'il vous plaît.",
            "密码必须至少有十二个字符,并且不得重复使用。",
            "El token caduca después de una hora; pida otro.",
            "Rechtsschutzversicherungsgesellschaften zahlen 1.234.567,89 EUR",
            "Słowo kluczowe: bezpieczeństwo haseł.",
        ]
    )


def _decoy(random: Random) -> str:
    return random.choice(
        [
            "task-proj-management-for-the-second-quarter-of-2026-and-later",
            "risk-adjusted-return-on-capital-employed-2026",
            "npm_config_registry=https://registry.npmjs.org/",
            "npm_package_devDependencies_typescript",
            "hf_hub_download(repo_id, filename)",
            "sk-learn-contrib-hdbscan-benchmarks-2026",
            "key-value-store-benchmark-results-final",
            "SG.Meeting.Notes.For.Thursday.Afternoon",
            "dapi_gateway_timeout_in_seconds",
            "xoxo-and-best-wishes-from-the-team",
            "AIzawa-san will join us",
            "hvs.example.org",
            "eyJ is how a JWT begins",
            "the ghp_ prefix marks a personal token",
            "whsec_ is the webhook prefix",
            "-----BEGIN RSA PRIVATE KEY----- is the first line of such a file",
            "if (text.includes('-----BEGIN PRIVATE KEY-----')) refuse();",
            "glpat- tokens have twenty characters",
        ]
    )


MAKERS: Final[Mapping[str, Callable[[Random], str]]] = {
    "prose": _prose,
    "python": _python,
    "typescript": _typescript,
    "minified": _minified,
    "uuid": _uuid,
    "two uuids": lambda random: f"{_uuid(random)}/{_uuid(random).upper()}",
    "sha256 in a field": lambda random: f'"sha256": "{run(random, 64, HEX)}"',
    "sha256": lambda random: run(random, 64, HEX),
    "md5": lambda random: f"checksum {run(random, 32, HEX)} matches",
    "commit": lambda random: f"commit {run(random, 40, HEX)}\nAuthor: A. Nobody\n\n    {_prose(random)}",
    "image digest": lambda random: f"ghcr.io/org/app@sha256:{run(random, 64, HEX)}",
    "instant": lambda random: (
        f"2026-{random.randrange(10, 13)}-{random.randrange(10, 28)}T12:34:56.{run(random, 6, DIGITS)}+02:00"
    ),
    "epoch": lambda random: str(random.randrange(16 * 10**17, 18 * 10**17)),
    "milliseconds": lambda random: f"at {random.randrange(16 * 10**11, 18 * 10**11)} ms",
    "phone": lambda random: (
        f"+49 30 {run(random, 4, DIGITS)} {run(random, 4, DIGITS)}, (0171) {run(random, 7, DIGITS)}"
    ),
    "invoice": lambda random: f"Invoice INV-2026-{run(random, 8, DIGITS)}, customer 9{run(random, 15, DIGITS)}",
    "order": lambda random: f"order 302-{run(random, 7, DIGITS)}-{run(random, 7, DIGITS)} shipped",
    "path": _path,
    "windows path": lambda random: _path(random).replace("/", "\\"),
    "address": lambda random: (
        f"https://example.org{_path(random)}?page={random.randrange(99)}&q={_snake(random, 2)}#top"
    ),
    "image": _image,
    "bare image": _bare_image,
    "versions": lambda random: (
        f"lodash@4.17.{random.randrange(30)} @types/node@24.1.{random.randrange(9)}-rc.1 "
        f"python>=3.11,<3.{random.randrange(13, 20)}"
    ),
    "iban": lambda random: (
        f"DE{run(random, 2, DIGITS)} {' '.join(run(random, 4, DIGITS) for _ in range(4))} {run(random, 2, DIGITS)}"
    ),
    "integrity": _integrity,
    "certificate": _certificate,
    "ssh public key": _ssh_public,
    "fingerprint": lambda random: f"SHA256:{run(random, 43, BASE64)} deploy (ED25519)",
    "placeholder": _placeholder,
    "decoy": _decoy,
    "remote": lambda random: (
        f"git@github.com:{run(random, 6, LOWER)}/{_snake(random, 2)}.git icon@2x.png {_camel(random, 2)}@localhost"
    ),
    "identifiers": lambda random: f"{_camel(random, 6)} {_snake(random, 5)} {_snake(random, 4).upper()}",
    "sql": _sql,
    "html": _html,
    "colours": lambda random: " ".join(f"--c{n}: #{run(random, 8, HEX)};" for n in range(6)),
    "machines": lambda random: (
        f"fe80::{run(random, 4, HEX)}:{run(random, 4, HEX)} 10.0.{random.randrange(256)}.7 "
        f"{':'.join(run(random, 2, HEX) for _ in range(6))}"
    ),
    "ulid": lambda random: f"01{run(random, 24, '0123456789ABCDEFGHJKMNPQRSTVWXYZ')}",
    "pod": lambda random: (
        f"pod/{_snake(random, 2).replace('_', '-')}-{run(random, 10, HEX)}-{run(random, 5, LOWER)} Running"
    ),
    "arn": lambda random: f"arn:aws:lambda:eu-central-1:{run(random, 12, DIGITS)}:function:{_camel(random, 3)}",
    "numbers": lambda random: ", ".join(f"{random.uniform(-90, 90):.15f}" for _ in range(6)),
    "base64 of text": _base64_text,
    "cursor": _cursor,
    "trace": _trace,
    "other languages": _other_languages,
    "etag": lambda random: f'ETag: W/"{run(random, 32, BASE62)}"',
    "id field": lambda random: f'{{"file_id": "{run(random, 33, BASE62)}", "documentId": "{run(random, 44, BASE62)}"}}',
    "upper": lambda random: (
        f"{run(random, 3, UPPER)}-{run(random, 4, DIGITS)}-{run(random, 3, UPPER)} {run(random, 10, UPPER)}"
    ),
}
"""Forty-seven kinds."""
