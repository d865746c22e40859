"""A small shop: the tools of all tests in this folder, and their declarations."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from typing_extensions import TypedDict

from belljar import tool
from belljar.tools import declarations


class Status(Enum):
    OPEN = "open"
    PAID = "paid"
    VOID = "void"


@dataclass
class Customer:
    name: str
    city: str | None = None


@dataclass
class Invoice:
    id: str
    cents: int
    due: str
    status: Status = Status.OPEN
    customer: Customer | None = None
    tags: list[str] = field(default_factory=list)


class Found(TypedDict):
    kind: Literal["found"]
    invoice: Invoice


class Missing(TypedDict):
    kind: Literal["missing"]
    reason: str


INVOICES = [
    Invoice(id="a1", cents=1200, due="2026-01-31", customer=Customer("Ada", "Paris"), tags=["new"]),
    Invoice(id="b2", cents=800, due="2026-02-28", status=Status.PAID, customer=Customer("Bob")),
    Invoice(id="c3", cents=300, due="2026-03-31"),
]


@tool
async def list_invoices(status: Status | None = None, limit: int = 10) -> list[Invoice]:
    """Invoices, newest first."""
    return [invoice for invoice in INVOICES if status in (None, invoice.status)][:limit]


@tool
async def get_invoice(id: str) -> Invoice | None:
    """One invoice, if there is one."""
    return next((invoice for invoice in INVOICES if invoice.id == id), None)


@tool
async def find(id: str) -> Found | Missing:
    """One invoice, or why not."""
    invoice = next((invoice for invoice in INVOICES if invoice.id == id), None)
    if invoice is None:
        return {"kind": "missing", "reason": f"no {id}"}
    return {"kind": "found", "invoice": invoice}


@tool
async def save(invoice: Invoice) -> bool:
    """Write an invoice."""
    return invoice.cents >= 0


@tool
async def raw(query: str = "") -> Any:
    """Whatever the shop's database gives."""
    return {"rows": [{"n": 1}, {"n": 2}], "query": query}


@tool
async def span(range: tuple[int, int], unit: Literal["day", "month"] = "day") -> int:
    """How long."""
    return (range[1] - range[0]) * (1 if unit == "day" else 30)


@tool
async def now() -> str:
    """The shop's time."""
    return "2026-01-01T00:00:00Z"


@tool
async def note(text: str, extra: dict[str, Any] | None = None) -> int:
    """Write a note; its number."""
    return len(text) + len(extra or {})


@tool
async def total(cents: list[int]) -> int:
    """A sum."""
    return sum(cents)


TOOLS = (list_invoices, get_invoice, find, save, raw, span, now, note, total)
DECLARATIONS = declarations(TOOLS)
