"""The audit log and what may stand in it.

`_record` is an event and its place in a chain of hashes, `_checkpoint` a signed word on that place, `_verify` finds
what was changed since. `_keys` reads PEM files; the rest of the room is a function of its arguments.

`_redact` takes secrets out of what people are shown and, further, out of what the log keeps. It knows them by their
keys (`_names`), their form (`_shapes`), their names inside of texts (`_named`), their want of order (`_entropy`), and
personal data by its form (`_personal`). cryptography is imported when a key is first used.
"""

from belljar.audit._checkpoint import Checkpoint, read_checkpoints, sign
from belljar.audit._keys import PrivateKey, PublicKey, key_id, load_private_key, load_public_key
from belljar.audit._names import is_secret_key
from belljar.audit._record import START, AuditEvent, AuditRecord, link
from belljar.audit._redact import REDACTED, redact, redact_details, redact_text, secret_forms, secrets_pattern
from belljar.audit._verify import Verified, verify
from belljar.audit._whole import SecretSpan, redacted_whole, secret_spans

__all__ = [
    "REDACTED",
    "START",
    "AuditEvent",
    "AuditRecord",
    "Checkpoint",
    "PrivateKey",
    "PublicKey",
    "SecretSpan",
    "Verified",
    "is_secret_key",
    "key_id",
    "link",
    "load_private_key",
    "load_public_key",
    "read_checkpoints",
    "redact",
    "redact_details",
    "redact_text",
    "redacted_whole",
    "secret_forms",
    "secret_spans",
    "secrets_pattern",
    "sign",
    "verify",
]
