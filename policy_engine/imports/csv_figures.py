"""Amounts as exports write them, into plain decimal text: one decimal sign, one mark of thousands, never a float."""

import re
from collections.abc import Callable, Mapping, Sequence

from policy_engine.imports.mapping_parts import FileSyntax
from policy_engine.snapshot.cells import CellError

_BLANKS = " \u00a0\u202f\u2009"
_MINUS = "-\u2212\u2013"
_MARK = {"none": "", ".": r"\.", ",": ",", "blank": f"[{_BLANKS}]", "'": "['\u2019]"}
_LONGEST = 60
_DIGITS = r"[0-9]{1,15}"
_LOOKS_LIKE = re.compile(rf"[+{_MINUS}(]?\s*[0-9][0-9.,'\u2019{_BLANKS}]*\s*[{_MINUS})]?")


ReadFigure = Callable[[str], tuple[str, str | None]]
"""From a cell that isn't empty to a plain decimal text, and the currency that a sign beside it means."""


def figure_reader(options: FileSyntax | None) -> ReadFigure:
    """The function that reads amounts as the mapping says they are written.

    `-1`, `1-`, `(1)` are negative. What doesn't fit exactly is refused: `1.234,56` where a point is the decimal sign
    would be another amount.
    """
    decimal, thousands = (".", "none") if options is None else (options.decimal, options.thousands)
    signs: Mapping[str, str] = {} if options is None else dict(options.currency_signs.items())
    mark = _MARK[thousands]
    whole = rf"{_DIGITS}|[0-9]{{1,3}}(?:{mark}[0-9]{{3}}){{1,5}}" if mark else _DIGITS
    pattern = re.compile(rf"({whole})(?:{re.escape(decimal)}([0-9]{{1,9}}))?|{re.escape(decimal)}([0-9]{{1,9}})")
    ordered = sorted(signs, key=len, reverse=True)

    def read(cell: str) -> tuple[str, str | None]:
        text = cell.strip()
        if len(text) > _LONGEST:
            raise CellError("DUN610", f"`{text[:40]}...` is not an amount", "map another column")
        currency = None
        for sign in ordered:
            if sign in text:
                text, currency = text.replace(sign, "", 1).strip(), signs[sign]
                break
        negative = False
        if text.startswith("(") and text.endswith(")"):
            negative, text = True, text[1:-1].strip()
        if text[:1] in _MINUS and text:
            negative, text = not negative, text[1:].strip()
        elif text[-1:] in _MINUS and text:
            negative, text = not negative, text[:-1].strip()
        elif text.startswith("+"):
            text = text[1:]
        found = pattern.fullmatch(text)
        if found is None:
            raise _fault(cell.strip(), text, decimal, thousands)
        first, fraction, only = found.groups()
        digits = re.sub("[^0-9]", "", first or "0").lstrip("0") or "0"
        rest = fraction or only
        plain = f"{digits}.{rest}" if rest else digits
        return ("-" + plain if negative and plain.strip("0.") else plain), currency

    return read


ReadCents = Callable[[Sequence[str]], list[int] | None]
"""From many cells to hundredths; None when one of them isn't plain."""


def cents_reader(options: FileSyntax | None) -> ReadCents:
    """What `figure_reader` reads, for many plain cells: up to nine digits, at most two decimals, no sign but `-`.

    They are looked at joined together, so that nothing is called for each of them.
    """
    decimal, thousands = (".", "none") if options is None else (options.decimal, options.thousands)
    signs = [] if options is None else list(options.currency_signs)
    mark, point = _MARK[thousands], re.escape(decimal)
    grouped = rf"|[1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}}){{1,2}}" if mark else ""
    whole = rf"-?(?:0|[1-9][0-9]{{0,8}}{grouped})"
    two, some = (re.compile(rf"(?:{whole}{end}\n)+") for end in (rf"{point}[0-9]{{2}}", rf"(?:{point}[0-9]{{1,2}})?"))
    dropped = str.maketrans("", "", f"{_BLANKS}'\u2019.,")

    def read(cells: Sequence[str]) -> list[int] | None:
        joined = "\n".join(cells)
        if any(sign in joined for sign in signs) or joined.count("\n") >= len(cells):
            return None
        if two.fullmatch(joined + "\n"):
            return list(map(int, joined.translate(dropped).split("\n")))
        if not some.fullmatch(joined + "\n"):
            return None
        parts = (cell.partition(decimal) for cell in cells)
        return [int(first.translate(dropped) + rest.ljust(2, "0")) for first, _, rest in parts]

    return read


def _fault(cell: str, text: str, decimal: str, thousands: str) -> CellError:
    shown = cell[:40]
    if not any(ch.isdigit() for ch in text):
        return CellError("DUN610", f"`{shown}` is not an amount", "skip the row, or map another column")
    if not _LOOKS_LIKE.fullmatch(text):
        sign = _sign_beside(text)
        if sign == "%":
            fix = "percentages are no amounts: skip the row in `rows`, or map another column"
            return CellError("DUN610", f"`{shown}` is not an amount", fix)
        if sign:
            fix = f'say what it means in the mapping: `currency_signs: {{"{sign}": EUR}}`'
            return CellError("DUN611", f"`{shown}` has `{sign}` beside the amount", fix)
        return CellError("DUN610", f"`{shown}` is not an amount", "skip the row, or map another column")
    written = (
        f'`decimal: "{decimal}"` and `thousands: {thousands if thousands in ("none", "blank") else repr(thousands)}`'
    )
    return CellError("DUN610", f"`{shown}` is not written as the mapping says: {written}", _advice(text))


def _sign_beside(text: str) -> str:
    """What stands before or behind the digits and may be a currency: a symbol, or two to five letters; else ""."""
    found = re.fullmatch(r"([^\d\s.,+-]{0,5})\s*[-+]?[0-9][0-9.,' \u00a0\u202f]*?\s*([^\d\s.,+-]{0,5})", text)
    if found is None or bool(found[1]) == bool(found[2]):
        return ""
    sign = found[1] or found[2]
    return "" if len(sign) == 1 and sign.isalpha() else sign


def _advice(text: str) -> str:
    digits = re.sub(rf"[{_MINUS}+()]", "", text).strip()
    marks = re.sub("[0-9]", "", digits)
    if re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{3})*,[0-9]{1,2}", digits):
        return 'if all amounts are like this, say `decimal: ","` and `thousands: "."`; else correct the export'
    if re.fullmatch(r"[0-9]{1,3}(?:,[0-9]{3})*\.[0-9]{1,2}", digits):
        return 'if all amounts are like this, say `decimal: "."` and `thousands: ","`; else correct the export'
    if re.fullmatch(r"[0-9]+,[0-9]{1,2}", digits):
        return 'say `decimal: ","` if all amounts are like this'
    if re.fullmatch(rf"[0-9]{{1,3}}(?:[{_BLANKS}][0-9]{{3}})+(?:[.,][0-9]+)?", digits):
        return "say `thousands: blank` and the decimal sign"
    if marks and set(marks) <= {"'", "\u2019", ".", ","}:
        return "say the decimal sign and the mark of thousands that the export uses"
    return "correct the export: an amount has one decimal sign, and three digits between marks of thousands"
