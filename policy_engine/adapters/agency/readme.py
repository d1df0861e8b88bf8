"""README.txt of a file for a collector: who, how much, what is in it, what is missing, what his letter must say."""

from collections.abc import Sequence
from datetime import date
from textwrap import wrap

from policy_engine.adapters.agency.model import Dispute, Missing, Placement
from policy_engine.adapters.agency.words import FILES, KIND, LETTER, MISSING, README, WHY, Language
from policy_engine.explanation.locale import locale_of
from policy_engine.templates.document import clean
from policy_engine.templates.table_words import role_said

_WIDTH = 96


def readme(placement: Placement, files: Sequence[str], parts: Sequence[str], language: Language) -> bytes:
    """The text.

    Args:
        placement: the claim.
        files: the names of the files, manifest and this one left out.
        parts: the names of the zips, when there are several.
        language: of the words.
    """
    words = README[language]
    title = f"{KIND[language][placement.kind]}{words['colon']} {placement.debtor.legal_name}"
    blocks = [[clean(title), "=" * min(len(clean(title)), _WIDTH)]]
    if placement.trial is not None:
        blocks.append([f"*** {words['trial']} {clean(placement.trial)} ***"])
    blocks += [_head(placement, language), _parties(placement, language), _claim(placement, language)]
    if placement.disputes:
        blocks.append(
            [
                f"{words['disputes']}{words['colon']}",
                *(_dispute(placement, row, language) for row in placement.disputes),
            ]
        )
    blocks.append([f"{words['letter']}{words['colon']}", *_points(LETTER[language])])
    pay = words["no bank"]
    if placement.bank_details is not None:
        pay = words["bank"].format(holder=placement.bank_details.holder, iban=placement.bank_details.iban)
    blocks.append([f"{words['payment']}{words['colon']} {pay}"])
    if len(parts) > 1:
        blocks.append([f"{words['parts']}{words['colon']}", *(f"- {name}" for name in parts)])
    content = [f"- {name}{words['colon']} {_what(name, placement, language)}" for name in (*files, "manifest.json")]
    blocks.append([f"{words['content']}{words['colon']}", *content])
    blocks.append(
        [f"{words['missing']}{words['colon']}", *(f"- {missing_text(row, language)}" for row in placement.missing)]
    )
    if not placement.missing:
        blocks[-1].append(words["nothing"])
    text = "\r\n\r\n".join("\r\n".join(lines) for lines in blocks) + "\r\n"
    return b"\xef\xbb\xbf" + text.encode("utf-8", "backslashreplace")


def missing_text(row: Missing, language: Language) -> str:
    """What is missing, and why."""
    subject = f" {clean(row.subject)}" if row.subject else ""
    return f"{MISSING[language][row.what]}{subject}{README[language]['colon']} {WHY[language][row.why]}"


def _sum(text: str, currency: str, language: Language) -> str:
    """An amount of the data, as the language writes it."""
    return locale_of(language).amount(int(text.replace(".", "")), currency)


def _day(text: str, language: Language) -> str:
    """A date of the data, as the language writes it."""
    return locale_of(language).day(date.fromisoformat(text))


def _head(placement: Placement, language: Language) -> list[str]:
    words = README[language]
    lines = [
        f"{words['reference']}{words['colon']} {placement.reference[:12].upper()}",
        f"  {words['key']}{words['colon']} {placement.reference}",
        f"{words['date']}{words['colon']} {_day(placement.placed_on, language)}",
        f"{words['as of']}{words['colon']} {_day(placement.as_of, language)}",
    ]
    if placement.deadline:
        lines.append(f"{words['deadline']}{words['colon']} {_day(placement.deadline, language)}")
    return lines


def _parties(placement: Placement, language: Language) -> list[str]:
    words = README[language]
    creditor, debtor = placement.creditor, placement.debtor
    lines = [f"{words['creditor']}{words['colon']} {_joined(creditor.name, *creditor.address)}"]
    known = (
        ("registration", creditor.registration), ("policy", creditor.policy_number), ("client", creditor.client_number)
    )  # fmt: skip
    lines += [f"  {words[name]}{words['colon']} {clean(value)}" for name, value in known if value]
    lines.append(f"  {_joined(creditor.phone, creditor.email)}")
    address = next((person.address for person in debtor.persons if person.address), [])
    who = _joined(debtor.legal_name, debtor.trading_name, *address)
    lines.append(f"{words['debtor']}{words['colon']} {who} ({clean(debtor.customer)})")
    if debtor.registration:
        lines.append(f"  {words['registration']}{words['colon']} {clean(debtor.registration)}")
    if debtor.insolvent:
        since = _day(debtor.insolvent_since, language) if debtor.insolvent_since else "?"
        lines.append(f"  {words['insolvent']}{words['colon']} {since}")
    lines += [
        f"  {words['contact']}{words['colon']} {_joined(person.name, role, person.phone, person.email)}"
        for person, role in ((one, role_said(one.role or "", language)) for one in debtor.persons[:5])
    ]
    return [line for line in lines if line.strip()]


def _claim(placement: Placement, language: Language) -> list[str]:
    words = README[language]
    claim = placement.claim
    asked = any(line.role != "listed" for row in placement.invoices for line in row.lines)
    if not asked:
        owed: dict[str, list[str]] = {}
        for row in placement.invoices:
            owed.setdefault(row.currency, []).append(
                f"{_sum(row.outstanding, row.currency, language)} ({clean(row.number)})"
            )
        return [
            f"{words['listed']}{words['colon']}",
            *(f"- {' + '.join(rows)}" for _, rows in sorted(owed.items())),
        ]
    lines = [f"{words['claim']}{words['colon']}"]
    rows = [
        (words[name], _sum(getattr(claim, name), claim.currency, language))
        for name in ("principal", "interest", "lump_sums", "total")
    ]
    width = max(len(word) for word, _ in rows)
    lines += [f"  {word:{width}}  {amount:>16}" for word, amount in rows]
    if claim.credits.strip("0."):
        lines.append(f"  ({words['credits']}{words['colon']} {_sum(claim.credits, claim.currency, language)})")
    return lines


def _dispute(placement: Placement, row: Dispute, language: Language) -> str:
    words = README[language]
    invoice = next((one for one in placement.invoices if one.id == row.invoice), None)
    currency = placement.claim.currency if invoice is None else invoice.currency
    return "- " + _joined(
        row.invoice if invoice is None else invoice.number,
        f"{words['opened']} {_day(row.opened, language)}",
        f"{words['closed']} {_day(row.closed, language)}" if row.closed else None,
        _sum(row.amount, currency, language) if row.amount else None,
        row.reason,
    )


def _points(lines: Sequence[str]) -> list[str]:
    broken = (wrap(f"- {line}", _WIDTH, subsequent_indent="  ", break_on_hyphens=False) for line in lines)
    return [part for parts in broken for part in parts]


def _what(name: str, placement: Placement, language: Language) -> str:
    words = FILES[language]
    if name in words:
        return words[name]
    word = next((word for start, word in words.items() if start.endswith("/") and name.startswith(start)), "")
    numbers = {
        file: row.number
        for row in placement.invoices
        for file in (row.papers.invoice, row.papers.order, row.papers.delivery)
        if file
    }
    return f"{word} {clean(numbers[name])}" if name in numbers else word


def _joined(*parts: str | None) -> str:
    return ", ".join(clean(part) for part in parts if part)
