"""The process that holds a stranger's value against a stranger's JSON Schema. Stands alone: no import of belljar.

A schema can describe more work than anybody has time for: `allOf` in `allOf`, patterns that go back and forth. So it is
tried here, in a process with limits on memory and processor time that its parent kills when the time is up. One task as
JSON comes in on stdin; one answer as JSON goes out: `{"problems": [...]}` or `{"refused": text}`.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import resource
import sys
from typing import Any


def main() -> None:
    task = json.loads(sys.stdin.buffer.read())
    _limit(resource.RLIMIT_AS, task["memory_bytes"])
    _limit(resource.RLIMIT_CPU, task["cpu_s"])  # for when the parent dies first
    _limit(resource.RLIMIT_CORE, 0)
    sys.path[:] = task["path"]
    sys.stdout.write(json.dumps(_checked(task)))


def _limit(kind: int, most: int) -> None:
    with contextlib.suppress(ValueError, OSError):  # macOS has no limit on memory; the one on time stays
        resource.setrlimit(kind, (most, most))


def _checked(task: dict[str, Any]) -> dict[str, Any]:
    from jsonschema import Draft202012Validator, SchemaError
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    try:
        Draft202012Validator.check_schema(task["schema"])
        # An empty registry: a $ref leads to another place of this schema, and nowhere else.
        errors = Draft202012Validator(task["schema"], registry=Registry()).iter_errors(task["value"])
        return {"problems": [_problem(error, task["characters"]) for error in itertools.islice(errors, task["most"])]}
    except SchemaError as error:
        return {"refused": f"the schema is none of JSON Schema 2020-12, at {_place(error.absolute_path)}"}
    except Unresolvable as error:
        return {"refused": f"the schema refers to {str(error.ref)[:100]!r}, which it does not hold"}
    except RecursionError:
        return {"refused": "the schema goes round in circles, or too deep"}
    except MemoryError:
        return {"refused": "the check takes too much memory"}
    except Exception as error:  # a pattern that is no regular expression, a number that is none: the schema's fault
        return {"refused": f"the schema cannot be used: {type(error).__name__}"}


def _problem(error: Any, characters: int) -> dict[str, str]:
    return {"path": _place(error.absolute_path), "message": str(error.message)[:characters]}


def _place(path: Any) -> str:
    """A JSON pointer; "" is the value itself."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


if __name__ == "__main__":
    main()
