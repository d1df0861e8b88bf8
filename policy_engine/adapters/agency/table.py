"""`invoices.csv`: the invoices of a claim for a spreadsheet; no cell is a formula."""

import csv
from io import StringIO

from policy_engine.adapters.agency.model import Placement
from policy_engine.adapters.agency.words import Language
from policy_engine.adapters.lists.sheet import cell, figure

COLUMNS = (
    "number", "issue_date", "due_date", "role", "instalment", "days_late", "currency", "amount", "paid", "credited",
    "outstanding", "disputed", "principal", "interest", "lump_sums", "order_reference", "delivery_reference", "terms",
    "invoice_file", "order_file", "delivery_file",
)  # fmt: skip
"""A row an invoice, or a part of one that is asked for."""


def invoices_table(placement: Placement, language: Language) -> bytes:
    """The table; in French with `;` between cells and a decimal comma in amounts, as spreadsheets expect there."""
    text = StringIO(newline="")
    comma = language == "fr"
    rows = csv.writer(text, delimiter=";" if comma else ",", lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for row in placement.invoices:
        for line in row.lines:
            cells = (
                row.number, row.issue_date, line.due_date, line.role, line.instalment, str(line.days_late),
                row.currency,
                *(
                    figure(value, comma=comma)
                    for value in (
                        row.amount, row.paid, row.credited, line.outstanding, line.disputed, line.principal,
                        line.interest, line.lump_sums,
                    )
                ),
                row.order_reference, row.delivery_reference, row.terms,
                row.papers.invoice, row.papers.order, row.papers.delivery,
            )  # fmt: skip
            rows.writerow([cell(value or "") for value in cells])
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "backslashreplace")
