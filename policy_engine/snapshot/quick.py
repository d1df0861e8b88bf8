"""Making many frozen values quickly.

A frozen dataclass sets each of its fields by a call of `object.__setattr__`: three microseconds for an invoice, a third
of all the time that a row may take. Its maker here is a class of the same slots that isn't frozen, whose instances
become those of the frozen class once they are filled. What comes out is the frozen class's in every respect.
"""

from dataclasses import fields, make_dataclass
from typing import Any

from policy_engine.snapshot.model import Allocation, Invoice, Payment


def maker(kind: type[Any]) -> type[Any]:
    """What is called like `kind` with every field given by position, and gives a `kind`."""

    def become(self: Any) -> None:
        self.__class__ = kind

    names = [(item.name, Any) for item in fields(kind)]
    return make_dataclass(f"New{kind.__name__}", names, slots=True, eq=False, namespace={"__post_init__": become})


new_invoice = maker(Invoice)
new_payment = maker(Payment)
new_allocation = maker(Allocation)
