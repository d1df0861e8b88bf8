"""What somebody who imports a FEC has to know: nothing here is wrong, and nothing here should be overlooked."""

from collections.abc import Mapping, Sequence
from datetime import date

from policy_engine.imports.fec_customers import Choices
from policy_engine.imports.fec_ledger import BESIDE, COLLECTIVE_ACCOUNT, CURRENCY, Ledger
from policy_engine.imports.fec_netting import Position
from policy_engine.imports.fec_report import LeftOut, Note
from policy_engine.imports.fec_rows import Debtor
from policy_engine.values.money import minor_text

_NAMED = 5


def notes_on(
    ledger: Ledger, positions: Sequence[Position], debtors: Mapping[str, Debtor], left_out: Sequence[LeftOut],
    beside: Mapping[str, int], lists: Sequence[Choices], as_of: date,
) -> tuple[Note, ...]:  # fmt: skip
    """The notes, most important first."""
    found = [
        *_kinds(positions, debtors),
        *_nobody(left_out),
        *_doubtful_items(positions),
        *_credit_notes(positions),
        *_time(ledger, positions, as_of),
    ]
    if any(beside.values()):
        parts = ", ".join(f"{key} {BESIDE[key]} {_money(beside[key])}" for key in sorted(beside) if beside[key])
        found.append(("not_imported", f"other accounts of customers are not imported: {parts}"))
    found += _strangers(positions, lists)
    return tuple(found)


def _kinds(positions: Sequence[Position], debtors: Mapping[str, Debtor]) -> list[Note]:
    found: list[Note] = []
    unknown = [place for place in positions if debtors[place.auxiliary].kind == "unknown"]
    plainly = [place for place in unknown if not debtors[place.auxiliary].collective]
    if plainly:
        text = (
            f"no FEC tells businesses from consumers: the kind of {_count(plainly, 'customer')} is unknown, and "
            f"nothing of their {_owed(plainly)} will be dunned until it is known; give --kind business, or "
            "--kinds with a list"
        )
        found.append(("kind_unknown", text))
    collective = [place for place in positions if debtors[place.auxiliary].collective]
    if collective:
        names = _names([place.auxiliary for place in collective])
        kind = "the kind stays unknown" if unknown else "a list says the kind"
        text = (
            f"by its name stands for many customers or for none: {names} ({_owed(collective)} open); {kind}, so look "
            "before anything is dunned"
        )
        found.append(("collective", text))
    return found


def _nobody(left_out: Sequence[LeftOut]) -> list[Note]:
    if not left_out:
        return []
    parts = "; ".join(
        f"{line.account}: {line.lines} line{'' if line.lines == 1 else 's'}, {_money(line.debit)} debit, "
        f"{_money(line.credit)} credit, {_money(line.balance)} left"
        for line in left_out[:_NAMED]
    )
    more = f"; and {len(left_out) - _NAMED} more accounts" if len(left_out) > _NAMED else ""
    text = (
        "lines on 411 without an auxiliary (CompAuxNum) name no customer and are left out, such as retail totals: "
        f"{parts}{more}"
    )
    own = [line.account for line in left_out if not COLLECTIVE_ACCOUNT.fullmatch(line.account)]
    if own:
        text += f". If {_names(own)} {'is a customer' if len(own) == 1 else 'are a customer each'}, give --by-account"
    return [("unnamed", text)]


def _doubtful_items(positions: Sequence[Position]) -> list[Note]:
    found: list[Note] = []
    items = [item for place in positions for item in place.open]
    opening = [item for item in items if item.line.opening]
    if opening:
        owed = _money(sum(item.left for item in opening))
        text = (
            f"{_count(opening, 'opening balance')} still open ({owed} {CURRENCY}): "
            "the invoices behind it are in the year before, and the due date is only as good as the date on the line"
        )
        found.append(("opening_open", text))
    strange = [item for item in items if item.line.origin in ("bank", "other")]
    if strange:
        text = (
            f"{_count(strange, 'open debit')} from no sale but from a bank or another entry "
            f"({_money(sum(item.left for item in strange))} {CURRENCY}): returned payments, corrections; look before "
            "dunning them"
        )
        found.append(("no_sale", text))
    return found


def _credit_notes(positions: Sequence[Position]) -> list[Note]:
    found = [credit for place in positions for credit in place.unallocated if credit.line.origin == "sale"]
    if not found:
        return []
    amount = sum(credit.left for credit in found)
    text = f"{_count(found, 'unallocated credit')} from sales ({_money(amount)} {CURRENCY}), most likely credit notes"
    return [("credit_notes", f"{text}: in `payments`, as money is")]


def _time(ledger: Ledger, positions: Sequence[Position], as_of: date) -> list[Note]:
    found: list[Note] = []
    later = sum(line.day > as_of for line in ledger.lines)
    if later:
        found.append(
            ("later_lines", f"{later} line{'s' if later > 1 else ''} on 411 dated after {as_of}: not there yet")
        )
    straddling = sum(place.straddling for place in positions)
    if straddling:
        text = (
            f"{straddling} letter group{'s have' if straddling > 1 else ' has'} a line after {as_of}: they count as "
            "not matched, or as unlettered where DateLet says that they were lettered later"
        )
        found.append(("straddling", text))
    return found


def _strangers(positions: Sequence[Position], lists: Sequence[Choices]) -> list[Note]:
    known = {place.auxiliary for place in positions}
    found: list[Note] = []
    for choices in lists:
        strange = sorted(choices.named.keys() - known)
        if strange:
            text = f"{choices.file} names {_count(strange, 'customer')} without a line on 411: {_names(strange)}"
            found.append(("unknown_customer", text))
    return found


def _owed(positions: Sequence[Position]) -> str:
    return f"{_money(sum(item.left for place in positions for item in place.open))} {CURRENCY}"


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(name[:40] for name in names[:_NAMED]) + more


def _count(things: Sequence[object], what: str) -> str:
    return f"{len(things)} {what}{'' if len(things) == 1 else 's'}"


def _money(cents: int) -> str:
    return minor_text(cents, CURRENCY)
