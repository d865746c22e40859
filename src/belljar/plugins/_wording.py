"""From pydantic's errors to our problems: plain words, the line, and the name that was probably meant."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from belljar.guess import closest, listing
from belljar.plugins._document import Document
from belljar.plugins._problems import MOST_PROBLEMS, Place, Problem, quoted, refusal
from belljar.plugins._rules import RULE

M = TypeVar("M", bound=BaseModel)

_LONGEST_SHOWN: Final = 60
_LARGEST_SHOWN: Final = 10**15

_KEY: Final = "[key]"
"""How pydantic says that it is a key of a table and not what stands under it."""

_WORDS: Final[Mapping[str, str]] = {
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number without quotes",
    "tuple_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
}
"""What each type of pydantic's errors means here; those that need more than words are in `_message`."""


def checked(model: type[M], document: Document, *, context: Any = None) -> M:
    """The document as the model has it. Raises ManifestError with everything that is wrong."""
    try:
        return model.model_validate(document.data, context=context)
    except ValidationError as error:
        count = error.error_count()
        found = [_problem(model, document, each) for each in error.errors(include_url=False)[:MOST_PROBLEMS]]
    raise refusal(sorted(found, key=lambda problem: problem.line or 0), count=count)


def _problem(model: type[BaseModel], document: Document, error: Any) -> Problem:
    place = tuple(step for step in error["loc"] if step != _KEY)
    return document.problem(place, _message(model, error))


def _message(model: type[BaseModel], error: Any) -> str:
    kind, place = error["type"], error["loc"]
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return _unknown(str(place[-1]), known_fields(model, place[:-1]), "is no known field")
    if kind == "literal_error":
        allowed = choices(model, place)
        return f"must be one of {listing(allowed)}, got {_shown(error['input'])}{_meant(error['input'], allowed)}"
    facts = error.get("ctx", {})
    why = str(facts["why"]) if kind == RULE else _WORDS.get(kind, "is not what belongs here")
    is_shown = facts.get("is_shown", True) and not isinstance(error["input"], list | tuple | dict)
    return f"{why}, got {_shown(error['input'])}" if is_shown else why


def _unknown(name: str, known: Collection[str], why: str) -> str:
    return why + (_meant(name, known) or f"; there are {listing(known)}")


def _meant(name: Any, known: Collection[str]) -> str:
    meant = closest(name[:_LONGEST_SHOWN], known) if isinstance(name, str) else None
    return f"; did you mean {meant!r}?" if meant else ""


def _shown(value: Any) -> str:
    """A value in a message."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int):
        return f"{value:,}" if abs(value) < _LARGEST_SHOWN else "a number beyond all bounds"
    if isinstance(value, str):
        return quoted(value)
    return {float: "a number with a point", dict: "a table", list: "a list"}.get(type(value), "a date or a time")


# -- what the model has where -----------------------------------------------------------------------------------------


def known_fields(model: type[BaseModel], place: Place) -> tuple[str, ...]:
    """Of the table at a place."""
    for step in place:
        if isinstance(step, str):
            model = next(_models_in(model.model_fields[step].annotation))
    return tuple(model.model_fields)


def choices(model: type[BaseModel], place: Place) -> tuple[str, ...]:
    """The words that a place may have."""
    names = [step for step in place if isinstance(step, str)]
    for step in names[:-1]:
        model = next(_models_in(model.model_fields[step].annotation))
    return tuple(_texts_in(model.model_fields[names[-1]].annotation))


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


def _texts_in(annotation: Any) -> Iterator[str]:
    for inner in get_args(annotation):
        if isinstance(inner, str):
            yield inner
        else:
            yield from _texts_in(inner)
