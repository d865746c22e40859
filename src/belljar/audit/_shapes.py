"""Secrets that are known by their form: a table of name, expression and example.

An expression takes what must go: its group `secret` where it has one, else all of its match. It is looked for only
where one of its `marks` is in the text, so a text without secrets costs a few dozen searches for a word.

No text can make a search slow. Every repeat is possessive (`++`) or bounded, and a possessive one never gives back; a
match is tried only where a mark or a boundary is, and the test of this file reads the expressions to hold them to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Final

from belljar.audit._words import word_set

Span = tuple[int, int]

_EDGE: Final = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))"
"""The beginning of a word, also behind an escape of JSON or of an address, which ends in letters."""


_GAP: Final = r"(?:\s|\\{1,8}+[rn]|[\"'+,|>])"
"""What stands between the rows of a key: line breaks, also escaped ones, and the signs that join rows in code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A form of secret."""

    name: str
    marks: tuple[str, ...]
    """One of these is in every match, letter by letter."""
    pattern: re.Pattern[str]
    example: str
    """Made up; the pattern matches it."""
    has_digit: bool = False
    """Whether a match without any digit is none: for forms that words can have."""


def _letters(count: int) -> str:
    return "".join(islice(cycle("a1B2c3D4e5"), count))


def _hex(count: int) -> str:
    return "".join(islice(cycle("0a1b2c3d4e5f"), count))


def _digits(count: int) -> str:
    return "".join(islice(cycle("2718281"), count))


_ROWS: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("aws access key", "AKIA ASIA ABIA ACCA", _EDGE + r"A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}(?![A-Za-z0-9])",
     "AKIA" + "B2C3D4E5F6G7H2J3"),
    ("github token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{36,}+", "ghp_" + _letters(36)),
    ("github fine-grained token", "github_pat_", r"github_pat_\w{60,}+", "github_pat_" + _letters(82)),
    ("gitlab token", "glpat- glptt- gldt- glrt- glcbt- glimt- glagent- gloas- glsoat- glffct- glft-",
     r"gl(?:pat|ptt|dt|rt|cbt|imt|agent|oas|soat|ffct|ft)-[\w-]{20,}+", "glpat-" + _letters(20)),
    ("openai key", "T3BlbkFJ", r"sk-[\w-]{16,200}?T3BlbkFJ[\w-]{16,}+",
     "sk-" + _letters(20) + "T3BlbkFJ" + _letters(20)),
    ("sk key", "sk-", _EDGE + r"sk-(?:(?:proj|svcacct|admin|ant|or|lf|None)-[\w-]{24,}+|[A-Za-z0-9]{32,}+)",
     "sk-ant-api03-" + _letters(95)),
    ("slack token", "xoxa- xoxb- xoxc- xoxd- xoxe- xoxe. xoxo- xoxp- xoxr- xoxs-",
     r"xox[a-eoprs][.-][A-Za-z0-9%/+-]{10,}+", "xoxb-" + _digits(12) + "-" + _letters(24)),
    ("slack app token", "xapp-", r"xapp-\d-[A-Za-z0-9-]{30,}+", "xapp-1-" + _letters(60)),
    ("slack webhook", "hooks.slack.com/",
     r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[A-Za-z0-9/]{20,}+)",
     "hooks.slack.com/services/T0/B0/" + _letters(24)),
    ("stripe key", "sk_live_ sk_test_ rk_live_ rk_test_", r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,}+",
     "sk_live_" + _letters(24)),
    ("webhook secret", "whsec_", r"whsec_[A-Za-z0-9+/=]{24,}+", "whsec_" + _letters(32)),
    ("google api key", "AIza", r"AIza[\w-]{35,}+", "AIza" + _letters(35)),
    ("google access token", "ya29.", r"ya29\.[\w-]{20,}+", "ya29." + _letters(60)),
    ("google refresh token", "1//0", _EDGE + r"1//0[\w-]{40,}+", "1//0" + _letters(60)),
    ("google client secret", "GOCSPX-", r"GOCSPX-[\w-]{20,}+", "GOCSPX-" + _letters(28)),
    ("azure client secret", "Q~", r"(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,}+", "ab18Q~" + _letters(34)),
    ("azure key", "AccountKey= SharedAccessKey=", r"(?:Account|SharedAccess)Key=(?P<secret>[A-Za-z0-9+/=]{20,}+)",
     "AccountKey=" + _letters(86) + "=="),
    ("signed address", "sig= Signature= signature=",
     r"(?<![A-Za-z0-9])(?:sig|(?:X-(?:Amz|Goog)-)?[Ss]ignature)=(?P<secret>[\w%+/=-]{24,}+)",
     "&sig=" + _letters(43) + "%3D"),
    ("npm token", "npm_", r"npm_[A-Za-z0-9]{36,}+", "npm_" + _letters(36)),
    ("pypi token", "pypi-AgE", r"pypi-AgE[\w-]{40,}+", "pypi-AgE" + _letters(80)),
    ("rubygems key", "rubygems_", r"rubygems_[0-9a-f]{48}", "rubygems_" + _hex(48)),
    ("hugging face token", "hf_ api_org_", _EDGE + r"(?:hf|api_org)_[A-Za-z0-9]{30,}+", "hf_" + _letters(34)),
    ("twilio key", "SK", _EDGE + r"SK[0-9a-f]{32}(?![A-Za-z0-9])", "SK" + _hex(32)),
    ("sendgrid key", "SG.", _EDGE + r"SG\.[\w-]{16,32}+\.[\w-]{32,}+", "SG." + _letters(22) + "." + _letters(43)),
    ("telegram bot token", ":AA", r"(?<![0-9])[0-9]{8,10}+:AA[\w-]{32,}+", _digits(10) + ":AA" + _letters(33)),
    ("discord bot token", ".", r"(?<![\w-])[MNO][\w-]{23,27}+\.[\w-]{6}\.[\w-]{27,}+",
     "M" + _letters(23) + ".a1B2c3." + _letters(27)),
    ("discord webhook", "/api/webhooks/", r"/api/webhooks/[0-9]{15,22}+/(?P<secret>[\w-]{40,}+)",
     "/api/webhooks/" + _digits(18) + "/" + _letters(68)),
    ("shopify token", "shpat_ shpca_ shppa_ shpss_ shptka_", r"shp(?:at|ca|pa|ss|tka)_[0-9a-fA-F]{32,}+",
     "shpat_" + _hex(32)),
    ("digitalocean token", "dop_v1_ doo_v1_ dor_v1_", r"do[opr]_v1_[0-9a-f]{64}", "dop_v1_" + _hex(64)),
    ("databricks token", "dapi", _EDGE + r"dapi[0-9a-f]{32}(?:-\d)?+", "dapi" + _hex(32)),
    ("vault token", "hvs. hvb. hvr.", _EDGE + r"hv[sbr]\.[\w-]{24,}+", "hvs." + _letters(24)),
    ("doppler token", "dp.", _EDGE + r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,}+", "dp.pt." + _letters(43)),
    ("linear key", "lin_api_ lin_oauth_", r"lin_(?:api|oauth)_[A-Za-z0-9]{32,}+", "lin_api_" + _letters(40)),
    ("notion token", "ntn_ secret_", _EDGE + r"(?:ntn|secret)_[A-Za-z0-9]{43,}+", "ntn_" + _letters(46)),
    ("postman key", "PMAK-", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}", "PMAK-" + _hex(24) + "-" + _hex(34)),
    ("new relic key", "NRAK- NRII- NRJS- NRAL", r"NR(?:AK|II|JS)-[\w-]{19,}+|[0-9a-f]{36}NRAL", "NRAK-" + _letters(27)),
    ("mailgun key", "key-", _EDGE + r"(?:pub)?key-[0-9a-f]{32}(?![A-Za-z0-9])", "key-" + _hex(32)),
    ("mailchimp key", "-us", r"(?<![A-Za-z0-9])[0-9a-f]{32}-us\d{1,2}+", _hex(32) + "-us12"),
    ("brevo key", "xkeysib-", r"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}", "xkeysib-" + _hex(64) + "-" + _letters(16)),
    ("cloudflare key", "v1.0-", r"v1\.0-[0-9a-f]{24}-[0-9a-f]{100,}+", "v1.0-" + _hex(24) + "-" + _hex(146)),
    ("heroku key", "HRKU-", r"HRKU-[\w-]{36,}+", "HRKU-" + _letters(58)),
    ("docker token", "dckr_pat_ dckr_oat_", r"dckr_[po]at_[\w-]{24,}+", "dckr_pat_" + _letters(27)),
    ("grafana token", "glsa_ glc_", r"gl(?:sa|c)_[A-Za-z0-9+/=_]{32,}+", "glsa_" + _letters(32) + "_" + _hex(8)),
    ("sentry token", "sntrys_ sntryu_", r"sntry[su]_[\w+/=-]{40,}+", "sntrys_" + _letters(64)),
    ("groq key", "gsk_", _EDGE + r"gsk_[A-Za-z0-9]{40,}+", "gsk_" + _letters(52)),
    ("xai key", "xai-", _EDGE + r"xai-[A-Za-z0-9]{60,}+", "xai-" + _letters(80)),
    ("perplexity key", "pplx-", r"pplx-[A-Za-z0-9]{40,}+", "pplx-" + _letters(48)),
    ("replicate token", "r8_", _EDGE + r"r8_[A-Za-z0-9]{37,}+", "r8_" + _letters(37)),
    ("langsmith key", "lsv2_", r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}", "lsv2_pt_" + _hex(32) + "_" + _hex(10)),
    ("supabase token", "sbp_", _EDGE + r"sbp_(?:oauth_)?[0-9a-f]{40}", "sbp_" + _hex(40)),
    ("planetscale token", "pscale_", r"pscale_(?:tkn|pw|oauth)_[\w.-]{30,}+", "pscale_tkn_" + _letters(43)),
    ("terraform token", ".atlasv1.", r"(?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,}+",
     _letters(14) + ".atlasv1." + _letters(67)),
    ("pulumi token", "pul-", _EDGE + r"pul-[0-9a-f]{40}", "pul-" + _hex(40)),
    ("netlify token", "nfp_", _EDGE + r"nfp_[A-Za-z0-9]{36,}+", "nfp_" + _letters(36)),
    ("fly token", "fm1_ fm2_ fo1_", _EDGE + r"f(?:m1|m2|o1)_[\w+/=-]{40,}+", "fo1_" + _letters(43)),
    ("atlassian token", "ATATT3 ATCTT3", r"AT[AC]TT3[\w=-]{60,}+", "ATATT3" + _letters(180)),
    ("figma token", "figd_", r"figd_[\w-]{36,}+", "figd_" + _letters(40)),
    ("square token", "sq0atp- sq0csp-", r"sq0(?:atp|csp)-[\w-]{22,}+", "sq0atp-" + _letters(22)),
    ("dynatrace token", "dt0", r"dt0[cs]\d{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}",
     "dt0c01." + _hex(24).upper() + "." + _hex(64).upper()),
    ("1password token", "ops_eyJ", r"ops_eyJ[\w-]{40,}+", "ops_eyJ" + _letters(200)),
    ("age key", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[0-9A-Z]{58}", "AGE-SECRET-KEY-1" + _hex(58).upper()),
    ("jwt", "eyJ", _EDGE + r"eyJ[\w-]{10,}+\.[\w-]{10,}+(?:\.[\w-]{0,}+){0,3}+",
     "eyJ" + _letters(30) + "." + _letters(30) + "." + _letters(43)),
    ("bearer header", "earer EARER", r"\b(?:[Bb]earer|BEARER)(?:\s|%20|\+){1,3}+(?P<secret>[\w.~+/=%-]{16,}+)",
     "Bearer " + _letters(36)),
    ("basic header", "asic ", r"\b[Bb]asic\s{1,3}+(?P<secret>[A-Za-z0-9+/]{11,}+={0,2}+)(?=$|[\s\"'`\\,;|<&)])",
     "Basic " + _letters(30) + "=="),
    ("basic authorization", "asic ",
     r"(?i:authorization)[\"'\\]{0,4}+\s{0,2}+[:=]\s{0,2}+[\"'\\]{0,4}+(?i:basic)\s{1,3}+"
     r"(?P<secret>[A-Za-z0-9+/]{8,}+={0,2}+)", "Authorization: Basic " + "aBcD" * 6 + "=="),
    ("authorization header", "uthorization UTHORIZATION",
     r"(?i:authorization)[\"'\\]{0,4}+\s{0,2}+[:=]\s{0,2}+[\"'\\]{0,4}+(?:[A-Za-z][\w-]{2,20}+\s{1,2}+)?+"
     r"(?P<secret>[^\s\"'`\\<>${};]{8,}+)", "Authorization: Token " + _letters(32)),
    ("cookie header", "ookie OOKIE",
     r"(?i:cookie)[\"'\\]{0,4}+(?:: ?+| is )[\"'\\]{0,4}+(?P<secret>[\w!#$%&*+.^|~-]{1,64}+=[^\r\n\"'`\\|<]{4,}+)",
     "Cookie: sid=" + _letters(26)),
    ("connection string", "://", r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,24}+://[^\s/:@\"'<>?#\\]{0,100}+:"
     r"(?P<secret>[^\s/?#\"'`<>\\]{1,200})@(?=[\w.\[])", "postgresql://app:" + _letters(12) + "@db:5432/app"),
    ("connection string, percent-encoded", "%3A%2F%2F %3a%2f%2f",
     r"(?i:%3a%2f%2f)[^\s%\"'&]{0,100}+(?i:%3a)(?P<secret>[^\s&\"'@/]{1,200}?)(?i:%40)",
     "postgresql%3A%2F%2Fapp%3A" + _letters(12) + "%40db"),
    ("connection string of pairs", ";", r"(?:(?<=;)|(?<=; ))(?i:password|pwd)\s{0,2}+=\s{0,2}+"
     r"(?P<secret>[^;\"'\s<>\\]{3,256}+)", "Server=db;Password=" + _letters(10) + ";"),
    ("aws secret key", "ecret ECRET", r"(?i:secret[_-]?access[_-]?key|secret[_-]?key|secretaccesskey)[\"'\\]{0,4}+"
     r"\s{0,3}+(?:=>|[:=]|is)\s{0,3}+[\"'\\]{0,4}+(?P<secret>[A-Za-z0-9+/]{40})(?![A-Za-z0-9+/])",
     "aws_secret_access_key = " + _letters(40)),
    ("private key", "PRIVATE KEY", r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
     rf"(?:{_GAP}|[A-Z][A-Za-z-]{{2,30}}+: [^\s\\]{{0,200}}+)*+(?P<secret>[A-Za-z0-9+/=]{{16,}}+"
     rf"(?:{_GAP}++[A-Za-z0-9+/=]{{20,}}+)*+(?:{_GAP}*+[A-Za-z0-9+/=]{{1,19}}+(?={_GAP}*+(?:=|-----END)))?+"
     rf"(?:{_GAP}*+=[A-Za-z0-9+/]{{4}})?+)",
     "-----BEGIN PRIVATE KEY-----\n" + _letters(64) + "\n" + _letters(24) + "==\n-----END PRIVATE KEY-----"),
)  # fmt: skip
"""Name, marks (blanks between), expression, example."""

_WORDY: Final = frozenset({
    "sk key", "slack token", "discord bot token", "doppler token", "sendgrid key", "bearer header",
    "basic header", "authorization header", "jwt",
})  # fmt: skip
"""Forms that a chain of words could have: a match of these must hold a digit."""


def _marks(text: str) -> tuple[str, ...]:
    return tuple(text.split(" "))


SHAPES: Final = tuple(
    Shape(name=name, marks=_marks(marks), pattern=re.compile(text), example=example, has_digit=name in _WORDY)
    for name, marks, text, example in _ROWS
)

_MARKED: Final = tuple((mark, place) for place, shape in enumerate(SHAPES) for mark in shape.marks)

_STAND_INS: Final = word_set(
    "password passwd pass pwd passphrase secret token key changeme change-me change_me placeholder example dummy test"
    " none null nil undefined true false string number boolean redacted hidden todo"
)
_STAND_IN: Final = re.compile(r"[$<{%*\[(]|(?i:your|my|the|some|x{3})[_-]|.{0,64}(?:EXAMPLE|x{6}|X{6}|\.{3}|\*{3})")


def is_stand_in(text: str) -> bool:
    """Whether a text stands where a secret will: `${TOKEN}`, `changeme`, `xxxxxxxx`."""
    return text.lower() in _STAND_INS or len(set(text)) < 4 or bool(_STAND_IN.match(text))


def shape_spans(text: str) -> Iterator[Span]:
    """Where secrets of known form stand."""
    for place in sorted({place for mark, place in _MARKED if mark in text}):
        yield from spans_of(SHAPES[place], text)


def spans_of(shape: Shape, text: str) -> Iterator[Span]:
    """Where secrets of one form stand."""
    group = "secret" if "secret" in shape.pattern.groupindex else 0
    for match in shape.pattern.finditer(text):
        found = match[group]
        if not is_stand_in(found) and not (shape.has_digit and not any(map(str.isdigit, found))):
            yield match.span(group)
