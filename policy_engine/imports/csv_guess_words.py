"""What columns are called in exports, and which columns are the buckets of an ageing: what a guess goes by."""

import re
from collections.abc import Sequence

WORDS: dict[str, tuple[str, ...]] = {
    "id": (
        "invoice number", "invoice no", "invoicenumber", "document number", "document no", "voucher no", "number",
        "num", "numéro", "n° pièce", "no pièce", "pièce", "numero piece", "facture", "reference", "référence", "name",
        "rechnungsnummer", "belegnummer", "doc", "invoice", "journal entry", "id",
    ),
    "customer": (
        "customer id", "customerid", "customer code", "code client", "code tiers", "tiers", "n° client", "compte tiers",
        "party", "partner", "contact", "contactname", "customer", "client", "debtor", "kundennummer", "kunde", "compte",
        "code",
    ),
    "customer_name": (
        "customer name", "intitulé", "raison sociale", "nom client", "nom", "party name", "partner name", "kundenname",
        "libellé tiers", "company",
    ),
    "amount": (
        "amount", "invoice amount", "invoiceamount", "total", "montant ttc", "montant", "invoiced", "invoiced amount",
        "total amount", "gross", "betrag", "amount_total_signed",
        "amount_total", "total ttc", "amount due",
    ),
    "balance": (
        "open balance", "balance", "outstanding", "outstanding amount", "amount_residual_signed",
        "amount_residual", "residual amount", "residual", "amount due",
        "invoiceamountdue", "solde", "reste dû", "reste à payer", "offen",
    ),
    "debit": ("debit", "débit", "soll"),
    "credit": ("credit", "crédit", "haben"),
    "issue_date": (
        "invoice date", "invoicedate", "document date", "posting date", "date facture", "date pièce", "date",
        "issue date", "rechnungsdatum", "belegdatum",
    ),
    "due_date": (
        "due date", "duedate", "date_maturity", "date échéance", "échéance", "echeance", "date d'échéance", "due",
        "ech", "éch", "fälligkeit", "fälligkeitsdatum",
    ),
    "currency": ("currency", "devise", "currency code", "währung", "currencycode"),
    "paid_date": ("settleddate", "settled date", "payment date", "paid date", "date règlement", "fullypaidondate"),
    "level": (
        "last_step", "last step", "follow-up level", "followup level", "dunning level", "dunning type",
        "reminder level", "last level", "niveau relance", "niveau de relance", "mahnstufe", "relance",
    ),
    "level_date": (
        "last_step_on", "last step on", "latest follow-up", "last follow-up", "dunning date", "last reminder",
        "date relance", "date de relance", "dernière relance", "relancé le", "letzte mahnung", "mahndatum",
    ),
    "email": ("email", "e-mail", "emailaddress", "email address", "courriel", "mail"),
    "type": ("type", "transaction type", "voucher type", "type de pièce", "document type", "journal"),
}  # fmt: skip
"""Names of columns, in lower case, the surest first."""

_BUCKETS = (
    (re.compile(r"current|not (?:yet )?due|at date|non échu|à échoir|nicht fällig"), "days_late", None),
    (re.compile(r"<\s*1 months?"), "days_late", 1),
    (re.compile(r"(\d{1,3}) months?"), "months_late", None),
    (re.compile(r"(\d{1,3})\s*(?:-|–|to|à|bis)\s*(?:\d{1,3}|above)(?: days| jours| tage)?"), "days_late", None),
    (re.compile(r"(?:>\s*)?(\d{1,3})\s*(?:\+|and over|et plus|days? and over)"), "days_late", None),
)
_REST = re.compile(r"older|plus ancien|älter|over")


def buckets(names: Sequence[str]) -> list[tuple[str, str, int]]:
    """The columns by age among the headers: name, `days_late` or `months_late`, and how late at least."""
    found: list[tuple[str, str, int]] = []
    for name in names:
        text = name.casefold()
        for pattern, key, late in _BUCKETS:
            match = pattern.fullmatch(text)
            if match:
                found.append((name, key, late if late is not None else int(match[1]) if match.groups() else 0))
                break
        else:
            if _REST.fullmatch(text) and found:
                _, key, last = found[-1]
                upper = re.findall(r"\d+", found[-1][0])
                found.append((name, key, last + 1 if key == "months_late" or not upper else int(upper[-1]) + 1))
    return found if len(found) >= 3 else []
