"""Takes a policy's secrets out of what comes back: texts, bytes, errors.

What is found are the usual forms: as it is in either letter case, percent-encoded, escaped for HTML and JSON, in
hexadecimal and base64 (whatever stands before and after it there), and in bytes also as UTF-16 and UTF-32. A server
that wants to hand a secret to a script finds a form that is not here: by encryption, in pieces, backwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from belljar.errors import ScriptError
from belljar.packs._http_policy import HostSecret
from belljar.tools._redact import REDACTED, secret_forms

_WIDE: Final = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")


class Cleaner:
    """For the secrets of one policy. Each form is looked for before anything is replaced: that is quick."""

    def __init__(self, secrets: Iterable[HostSecret]) -> None:
        found = {form.lower() for secret in secrets for part in secret.forms() for form in secret_forms(part)}
        longest_first = sorted(found, key=lambda form: (-len(form), form))
        self._forms = [(form, re.compile(re.escape(form), re.IGNORECASE)) for form in longest_first]
        wide = [(form, coding) for form in longest_first for coding in _WIDE]
        self._wide = [form.encode(coding).decode("latin-1") for form, coding in wide]

    def text(self, text: str) -> str:
        """`text` without secrets."""
        lowered = text.lower()
        for form, pattern in self._forms:
            if form in lowered:
                text = pattern.sub(REDACTED, text)
        return text

    def data(self, data: bytes) -> bytes:
        """`data` without secrets; other bytes stay what they are."""
        if not self._forms:
            return data
        text = self.text(data.decode("latin-1"))
        lowered = text.lower()
        for form in self._wide:
            if form in lowered:
                text = re.sub(re.escape(form), REDACTED, text, flags=re.IGNORECASE)
        return text.encode("latin-1")

    def error(self, error: ScriptError) -> ScriptError:
        """An error that quotes nothing secret."""
        if self.text(error.message) == error.message:
            return error
        return type(error)(self.text(error.message), hint=error.hint, tool=error.tool, details=error.details)
