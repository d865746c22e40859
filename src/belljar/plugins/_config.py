"""Names under which a plugin may not ask for configuration: those of secrets. For the policy and for the run."""

from __future__ import annotations

import re
from typing import Final

from belljar.audit import is_secret_key

_ANYTHING_LIKE: Final = re.compile(r"key|token|secret|password|github", re.IGNORECASE | re.ASCII)
"""Anywhere in the name. That refuses `keyboard`, too: a name can be chosen, and a secret cannot be taken back."""


def is_secret_config_key(key: str) -> bool:
    """Whether a value under this key could be a secret, and so is never given to a plugin."""
    return _ANYTHING_LIKE.search(key) is not None or is_secret_key(key)
