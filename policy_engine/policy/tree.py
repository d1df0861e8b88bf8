"""The typed tree of an expression: the only thing that is ever executed (design.md section 3).

About a dozen node types. Trees are built by `language.expressions` from an author's text, already typed and
already scaled: numbers compared with amounts are in minor units here. Engines translate the tree into Python
or SQL, a walker in `engine.walker` is the readable definition, explanations read `Name` nodes.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal, TypeAlias

Type: TypeAlias = Literal["amount", "days", "count", "number", "percent", "ratio", "date", "text", "flag", "set"]
"""The types of language.md section 2. `amount` is in minor units, `percent` in ppm (1 % = 10 000),
`number` an exact rational, `ratio` two integers that may only be compared."""

Comparator: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Span:
    """Where a node stands in the author's text of the expression: offsets in characters, end excluded."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant: `Fraction` for every numeric type, `str`, `bool` or `date`."""

    value: Fraction | str | bool | date
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    """A fact of the facts table, a declared attribute (`customer.region`) or a policy's own fact."""

    name: str
    type: Type
    nullable: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`+`, `-`, `*` on numbers of one unit, `date + days`, `date - days`; missing if an operand is."""

    op: Literal["+", "-", "*"]
    left: "Node"
    right: "Node"
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """`min`, `max` (two or more operands), `abs`, `days_between(a, b)` = b - a in days; missing if an operand is."""

    function: Literal["min", "max", "abs", "days_between"]
    operands: tuple["Node", ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Ratio:
    """`top / bottom`, only as an operand of `Compare`; missing when `bottom` is missing, zero or negative."""

    top: "Node"
    bottom: "Node"
    span: Span
    type: Type = "ratio"


@dataclass(frozen=True, slots=True)
class Compare:
    """`left op right`; false when an operand is missing. Chains are an `Both` of compares."""

    op: Comparator
    left: "Node"
    right: "Node"
    span: Span
    type: Type = "flag"


@dataclass(frozen=True, slots=True)
class Member:
    """`operand in (...)` over literals; `negated` is `not in`; false when the operand is missing."""

    operand: "Node"
    values: tuple[Constant, ...]
    negated: bool
    span: Span
    type: Type = "flag"


@dataclass(frozen=True, slots=True)
class Has:
    """`has(set, "text")`; false when the set is missing."""

    operand: "Node"
    value: str
    span: Span
    type: Type = "flag"


@dataclass(frozen=True, slots=True)
class Known:
    """`known(x)`: true unless the operand is missing."""

    operand: "Node"
    span: Span
    type: Type = "flag"


@dataclass(frozen=True, slots=True)
class Logic:
    """`and` (`op="and"`) or `or` over two or more flags; a missing flag counts as false."""

    op: Literal["and", "or"]
    operands: tuple["Node", ...]
    span: Span
    type: Type = "flag"


@dataclass(frozen=True, slots=True)
class Not:
    """`not x`; a missing flag counts as false, so `not missing` is true."""

    operand: "Node"
    span: Span
    type: Type = "flag"


@dataclass(frozen=True, slots=True)
class Choice:
    """`then if condition else otherwise`; missing when the chosen branch is."""

    condition: "Node"
    then: "Node"
    otherwise: "Node"
    type: Type
    span: Span


Node: TypeAlias = Constant | Name | Arithmetic | Call | Ratio | Compare | Member | Has | Known | Logic | Not | Choice
