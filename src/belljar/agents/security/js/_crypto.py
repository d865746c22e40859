"""Rules about cryptography, randomness and TLS."""

from __future__ import annotations

import re
from typing import Final

from belljar.agents.security.js._rule import (
    Rule,
    above,
    argument,
    arguments,
    callee,
    callee_path,
    fact,
    is_false,
    name_of,
    value_of,
)
from belljar.agents.security.js._tree import Node

_WEAK_HASHES: Final = frozenset({"md2", "md4", "md5", "sha1", "sha-1", "rsa-md5", "rsa-sha1"})
_WEAK_CIPHER: Final = re.compile(r"^(?:des|rc2|rc4|bf|blowfish|cast|idea|seed)\b|-ecb$", re.I)
_CIPHERS: Final = ("createCipheriv", "createDecipheriv")


def _weak_hash(call: Node) -> Node | None:
    if callee_path(call) in {"@crypto.createHash", "@crypto.createHmac", "@crypto.hash"}:
        return call if (fact(argument(call, 0)).text or "").lower() in _WEAK_HASHES else None
    function = callee(call)
    holder = function.part("object") if function else None
    return call if name_of(holder) == "CryptoJS" else None


def _weak_cipher(call: Node) -> Node | None:
    if callee_path(call) not in {"@crypto.createCipheriv", "@crypto.createDecipheriv"}:
        return None
    return call if _WEAK_CIPHER.search(fact(argument(call, 0)).text or "") else None


def _cipher_without_iv(call: Node) -> Node | None:
    return call if callee_path(call) in {"@crypto.createCipher", "@crypto.createDecipher"} else None


def _fixed_iv(call: Node) -> Node | None:
    vector = argument(call, 2)
    if callee_path(call) != "@crypto.createCipheriv" or vector is None or vector.kind == "null":
        return None
    is_zero = vector.fact.path in {"Buffer.alloc()", "new Uint8Array"} and vector.kind != "identifier"
    return call if is_zero or (vector.fact.is_constant and vector.fact.text not in {"0", "null", ""}) else None


_SECRET_NAME: Final = re.compile(
    r"(?:token|secret|passw(?:or)?d|passphrase|session_?(?:id|key)|nonce|salt|otp|csrf|api_?key|credential)s?$", re.I
)
_NAMED: Final = frozenset({"variable_declarator", "assignment_expression", "pair", "public_field_definition"})


def _random_secret(call: Node) -> Node | None:
    if callee_path(call) != "Math.random":
        return None
    holder = above(call, _NAMED, steps=14)
    name = name_of(holder.part("left") or holder.part("name") or holder.part("key")) if holder else ""
    return call if _SECRET_NAME.search(name) else None


_MIN_ITERATIONS: Final = 100_000
"""Half of what OWASP's cheat sheet on storing passwords asks for with SHA-512 (210,000), so that older code that was
fine in its time stays quiet."""
_MIN_ROUNDS: Final = 10
"""The same sheet's least cost for bcrypt."""


def _weak_stretching(call: Node) -> Node | None:
    path = callee_path(call)
    if path in {"@crypto.pbkdf2", "@crypto.pbkdf2Sync"}:
        return call if _is_below(argument(call, 2), _MIN_ITERATIONS) else None
    if path.startswith(("@bcrypt.", "@bcryptjs.")):
        rounds = argument(call, 0 if path.rpartition(".")[2].startswith("genSalt") else 1)
        return call if _is_below(rounds, _MIN_ROUNDS) else None
    return None


def _is_below(node: Node | None, bound: int) -> bool:
    text = (fact(node).text or "").replace("_", "")
    return node is not None and node.kind != "string" and text != "0" and text.isdecimal() and int(text[:12]) < bound


def _jwt_none(call: Node) -> Node | None:
    if not callee_path(call).startswith(("@jsonwebtoken.", "@jwt-simple.")):
        return None
    for options in arguments(call):
        named = value_of(options, "algorithm"), value_of(options, "algorithms")
        values = [one for value in named if value for one in (value.children if value.kind == "array" else [value])]
        if any((value.fact.text or "").lower() == "none" for value in values):
            return call
    return None


def _jwt_any(call: Node) -> Node | None:
    if callee_path(call) != "@jsonwebtoken.verify" or len(arguments(call)) < 2:
        return None
    options = argument(call, 2)
    is_open = options is None or (options.kind == "object" and not options.first("spread_element"))
    return call if is_open and value_of(options, "algorithms") is None else None


_TLS_OPTIONS: Final = frozenset({"rejectUnauthorized", "strictSSL"})
_TLS_VARIABLE: Final = "process.env.NODE_TLS_REJECT_UNAUTHORIZED"
_OLD_TLS: Final = re.compile(r"^(?:SSLv[23]?(?:_\w+)?|TLSv1(?:_1)?(?:_(?:client_|server_)?method)?|TLSv1\.1)$")
_TLS_VERSIONS: Final = frozenset({"secureProtocol", "minVersion", "maxVersion"})


def _tls_unverified(node: Node) -> Node | None:
    if node.kind == "pair":
        return node if name_of(node.part("key")) in _TLS_OPTIONS and is_false(node.part("value")) else None
    left, right = node.part("left"), node.part("right")
    if left is None or right is None:
        return None
    is_off = left.fact.path in {_TLS_VARIABLE, f"@{_TLS_VARIABLE}"} and right.fact.text in {"0", "false"}
    is_option = name_of(left) in _TLS_OPTIONS and is_false(right)
    return node if is_off or is_option else None


def _old_tls(pair: Node) -> Node | None:
    is_version = name_of(pair.part("key")) in _TLS_VERSIONS
    return pair if is_version and _OLD_TLS.match(fact(pair.part("value")).text or "") else None


_MIN_MODULUS: Final = 2_048


def _short_key(call: Node) -> Node | None:
    if not callee_path(call).startswith("@crypto.generateKeyPair"):
        return None
    length = value_of(argument(call, 1), "modulusLength")
    return call if _is_below(length, _MIN_MODULUS) else None


_SECRETS: Final = re.compile(r"(?:secret|token|passw(?:or)?d|api_?key|signature|hmac)$", re.I)
_EQUAL: Final = frozenset({"==", "===", "!=", "!=="})


def _timing(comparison: Node) -> Node | None:
    left, right, sign = comparison.part("left"), comparison.part("right"), comparison.part("operator")
    if left is None or right is None or sign is None or sign.kind not in _EQUAL:
        return None
    if left.fact.is_constant or right.fact.is_constant or "undefined" in (left.head(9), right.head(9)):
        return None
    is_mac = any(side.fact.path.startswith("@crypto.createHmac()") for side in (left, right))
    return comparison if is_mac or _is_sent_secret(left, right) or _is_sent_secret(right, left) else None


def _is_sent_secret(sent: Node, kept: Node) -> bool:
    is_kept = kept.kind in {"identifier", "member_expression"} and not kept.fact.origin
    return bool(sent.fact.origin and is_kept and _SECRETS.search(name_of(kept)))


RULES: Final = (
    Rule(
        id="js-weak-hash",
        title="MD5 or SHA-1",
        severity="low",
        confidence="medium",
        cwe=328,
        message="MD5 and SHA-1 have collisions: they prove nothing about who made a text.",
        help="Use sha256 or better; for passwords scrypt or argon2.",
        calls=("createHash", "createHmac", "hash", "MD5", "SHA1", "HmacMD5", "HmacSHA1"),
        check=_weak_hash,
    ),
    Rule(
        id="js-weak-cipher",
        title="Broken cipher or mode",
        severity="high",
        confidence="high",
        cwe=327,
        message="The cipher is broken, or its mode shows which blocks are equal.",
        help="Use aes-256-gcm with a fresh random IV for each message.",
        calls=_CIPHERS,
        check=_weak_cipher,
    ),
    Rule(
        id="js-cipher-without-iv",
        title="Cipher keyed by a password without a salt",
        severity="high",
        confidence="high",
        cwe=327,
        message="createCipher derives key and IV from the password alone, so equal texts look equal.",
        help="Derive a key with scrypt, and use createCipheriv with a fresh random IV.",
        calls=("createCipher", "createDecipher"),
        check=_cipher_without_iv,
    ),
    Rule(
        id="js-fixed-iv",
        title="Initialisation vector that is always the same",
        severity="high",
        confidence="medium",
        cwe=329,
        message="The initialisation vector stands in the source, so that equal texts look equal.",
        help="Make the vector with crypto.randomBytes for each message, and send it along.",
        calls=("createCipheriv",),
        check=_fixed_iv,
    ),
    Rule(
        id="js-random-secret",
        title="Secret from Math.random",
        severity="high",
        confidence="medium",
        cwe=338,
        message="Math.random can be predicted, and what is made of it here is named as a secret.",
        help="Use crypto.randomBytes, crypto.randomUUID or crypto.getRandomValues.",
        calls=("random",),
        check=_random_secret,
    ),
    Rule(
        id="js-weak-stretching",
        title="Passwords are hashed with too little work",
        severity="medium",
        confidence="high",
        cwe=916,
        message="The number of rounds is too low: the passwords can be guessed once the hashes are stolen.",
        help="Use scrypt, argon2, bcrypt with 12 rounds, or pbkdf2 with 210,000 iterations of sha512.",
        calls=("pbkdf2", "pbkdf2Sync", "hash", "hashSync", "genSalt", "genSaltSync"),
        check=_weak_stretching,
    ),
    Rule(
        id="js-jwt-none",
        title="JSON Web Token without a signature",
        severity="critical",
        confidence="high",
        cwe=347,
        message="The algorithm none is allowed: everybody can write such a token.",
        help="Allow the one algorithm that your keys are for.",
        calls=("sign", "verify", "encode", "decode"),
        check=_jwt_none,
    ),
    Rule(
        id="js-jwt-any-algorithm",
        title="JSON Web Token verified with whatever algorithm it names",
        severity="low",
        confidence="high",
        cwe=347,
        message="verify is not told which algorithms are allowed.",
        help='Give verify the option algorithms: ["RS256"], with the one that your keys are for.',
        calls=("verify",),
        check=_jwt_any,
    ),
    Rule(
        id="js-tls-unverified",
        title="TLS without checking whom it talks to",
        severity="high",
        confidence="high",
        cwe=295,
        message="Certificates are not checked, so that anybody on the way can read and change everything.",
        help="Leave the check on; give a private authority's certificate with the option ca.",
        kinds=("pair", "assignment_expression"),
        check=_tls_unverified,
    ),
    Rule(
        id="js-old-tls",
        title="Old version of TLS",
        severity="medium",
        confidence="high",
        cwe=326,
        message="The option asks for a version of SSL or TLS that is broken.",
        help='Leave the option out, or set minVersion: "TLSv1.2".',
        kinds=("pair",),
        check=_old_tls,
    ),
    Rule(
        id="js-short-key",
        title="Key that is too short",
        severity="medium",
        confidence="high",
        cwe=326,
        message="An RSA key of fewer than 2,048 bits can be broken.",
        help="Use modulusLength: 3072, or a key on an elliptic curve.",
        calls=("generateKeyPair", "generateKeyPairSync"),
        check=_short_key,
    ),
    Rule(
        id="js-timing",
        title="Secret compared letter by letter",
        severity="medium",
        confidence="medium",
        cwe=208,
        message="The comparison ends at the first difference, so that its time tells how much was right.",
        help="Use crypto.timingSafeEqual on two digests of equal length.",
        kinds=("binary_expression",),
        check=_timing,
    ),
)
