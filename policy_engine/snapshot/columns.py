"""Columns of cells at a time: what `cells` reads one by one, for thousands of rows that are as they should be.

Every function here gives exactly what the cell's own function gives for each cell, or raises `CellError`; then the
rows are read one by one, so that findings are the same. Checks look at a whole column joined together.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from policy_engine.snapshot.cells import MAX_ID, Cell, Parse
from policy_engine.snapshot.tables import Column
from policy_engine.values.money import EXPONENTS

ColumnParse: TypeAlias = Callable[[Sequence[Cell]], Sequence[Any]]

_REPEATED_IDS = frozenset({"customer", "parent"})
_FREE_TEXTS = frozenset({"name", "email", "phone", "address", "reason", "number"})
_DECIMALS = re.compile(r"(?:[+-]?[0-9]{1,15}(?:\.[0-9]{1,9})?\n)+")
_CENTS = re.compile(r"(?:-?(?:0|[1-9][0-9]{0,11})\.[0-9]{2}\n)+")


def column_parser(column: Column, parse: Parse) -> ColumnParse:
    """The function that reads many cells of a column; `parse` reads one."""
    if column.type == "id" and column.name not in _REPEATED_IDS:
        return _ids(parse)
    if column.type == "amount":
        return _amounts(parse)
    if column.type == "text" and column.name in _FREE_TEXTS and not column.required:
        return _texts(parse)
    return one_by_one(parse)


def one_by_one(parse: Parse) -> ColumnParse:
    """Each cell by its own function."""
    return lambda cells: list(map(parse, cells))


@lru_cache(maxsize=8)
def nothing(count: int) -> Sequence[Any]:
    """The values of a column that the file lacks."""
    return (None,) * count


def _ids(parse: Parse) -> ColumnParse:
    def read(cells: Sequence[Any]) -> Sequence[Any]:
        joined = "".join(cells)
        plain = joined.isascii() and joined.isprintable() and " " not in joined and max(map(len, cells)) <= MAX_ID
        return cells if plain and "" not in cells else list(map(parse, cells))

    return read


def _amounts(parse: Parse) -> ColumnParse:
    def read(cells: Sequence[Any]) -> Sequence[Any]:
        if type(cells[0]) is str and "" not in cells and all(type(cell) is str for cell in cells):
            return cells if _DECIMALS.fullmatch("\n".join(cells) + "\n") else list(map(parse, cells))
        return list(map(parse, cells))

    return read


def _texts(parse: Parse) -> ColumnParse:
    def read(cells: Sequence[Any]) -> Sequence[Any]:
        if not any(cells):
            return nothing(len(cells))
        return list(map(parse, cells))

    return read


def in_minor(amounts: Sequence[Any], currencies: Sequence[str]) -> Sequence[Any]:
    """Amounts as minor units where all of them are plainly written with two decimals of such currencies, else as is."""
    if type(amounts[0]) is not str or any(EXPONENTS.get(code) != 2 for code in set(currencies)):
        return amounts
    try:
        joined = "\n".join(amounts)
    except TypeError:  # some are numbers already, or missing
        return amounts
    return list(map(int, joined.replace(".", "").split("\n"))) if _CENTS.fullmatch(joined + "\n") else amounts
