"""What proves that the debtor was reminded: a page to be read, and the same as data with the ledger's hashes."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

from policy_engine.adapters.agency.words import PROOF, README, STATES, Language
from policy_engine.explanation.locale import locale_of
from policy_engine.templates.document import clean
from policy_engine.templates.table_words import CHANNELS, STAGES
from policy_engine.values.text import inert_json

_STYLE = """\
@page{size:A4;margin:18mm}
body{font:10.5pt/1.4 system-ui,sans-serif;color:#1a1a1a;max-width:180mm;margin:8mm auto;padding:0 4mm}
h1{font-size:16pt;margin:0 0 2mm}h2{font-size:11.5pt;margin:7mm 0 2mm}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:1.2mm 2mm;border-bottom:.2mm solid #bbb}
td:first-child{white-space:nowrap}
td{overflow-wrap:anywhere}th{overflow-wrap:normal}
th{background:#f0f0f0;font-weight:600}
code{font:8pt ui-monospace,monospace;overflow-wrap:anywhere}
.trial{border:.8mm solid #b00;color:#b00;padding:2mm 4mm;font-weight:700}
.note{color:#555;font-size:9pt;margin-top:6mm}
section{break-inside:avoid}"""


def proof_data(contacts: Sequence[Mapping[str, Any]], reference: str) -> bytes:
    """The contacts as JSON, each with its entries in the ledger."""
    names = (
        "day", "step", "stage", "intervention", "channel", "also", "status", "source", "action", "attempt", "demanded",
        "mentioned", "currency", "total", "carriers", "receipt", "reason", "purged", "transitions",
    )  # fmt: skip
    rows = [{name: row[name] for name in names} for row in contacts]
    data = {"dunning_proof": 1, "reference": reference, "reminders": rows}
    return (inert_json(json.dumps(data, ensure_ascii=False, indent=2)) + "\n").encode("utf-8", "backslashreplace")


def proof_page(
    contacts: Sequence[Mapping[str, Any]],
    numbers: Mapping[str, str],
    language: Language,
    head: Sequence[str],
    trial: str | None,
) -> bytes:
    """The contacts as a page by itself; `numbers` are the invoices' by id, `head` lines below the title."""
    words = PROOF[language]
    parts = [
        "<!doctype html>",
        f'<html lang="{language}"><head><meta charset="utf-8"><title>{_text(words["title"])}</title>',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<style>{_STYLE}</style></head><body>",
        *([f'<p class="trial">{_text(trial)}</p>'] if trial else []),
        f"<h1>{_text(words['title'])}</h1>",
        *(f"<div>{_text(line)}</div>" for line in head),
    ]
    if contacts:
        columns = ("day", "what", "channel", "invoices", "status", "source")
        parts += ["<h2></h2><table><thead>", _row([words[name] for name in columns], "th"), "</thead><tbody>"]
        parts += [_row(_cells(row, numbers, language), "td") for row in contacts]
        parts.append("</tbody></table>")
    else:
        parts.append(f"<p>{_text(words['none'])}</p>")
    for row in contacts:
        if row["source"] == "ledger":
            parts += _entries(row, language)
    parts += [f'<p class="note">{_text(words["how"])}</p>', "</body></html>"]
    return ("\n".join(parts) + "\n").encode("utf-8", "backslashreplace")


def _cells(row: Mapping[str, Any], numbers: Mapping[str, str], language: Language) -> list[str]:
    words = PROOF[language]
    invoices = [numbers[ident] for ident in (*row["demanded"], *row["mentioned"]) if ident in numbers]
    status = STATES[language].get(row["status"], row["status"])
    return [
        _day(row["day"], language),
        _step(row, language),
        _carriers(row, language),
        ", ".join(dict.fromkeys(invoices)),
        f"{status}: {row['reason']}" if row["reason"] else status,
        words[row["source"]],
    ]


def _entries(row: Mapping[str, Any], language: Language) -> list[str]:
    """What the ledger holds of a contact: what the carriers said, and each entry with its hash."""
    words, colon = PROOF[language], README[language]["colon"]
    head = " · ".join((_day(row["day"], language), _step(row, language), _carriers(row, language)))
    parts = [f"<section><h2>{_text(head)}</h2>"]
    receipts = [one["receipt"] for one in row["transitions"] if one["receipt"]]
    told = ["; ".join(f"{name}: {value}" for name, value in sorted(receipt.items())) for receipt in receipts]
    told = told or ([words["purged"]] if row["purged"] else [])
    parts += [f"<div>{_text(words['receipt'] + colon)} <code>{_text(said)}</code></div>" for said in told]
    parts += ["<table><thead>", _row([words[name] for name in ("number", "at", "after", "by", "hash")], "th")]
    parts.append("</thead><tbody>")
    for one in row["transitions"]:
        main_is_done = one["after"] == "sending" and one["receipt"]  # what is left are copies
        became = words["copy to come"] if main_is_done else STATES[language].get(one["after"], one["after"])
        became = f"{became}: {one['reason']}" if one["reason"] else became
        cells = [str(one["seq"]), one["at"][:19].replace("T", " "), became, one["adapter"] or ""]
        parts.append(_row(cells, "td", code=one["hash"]))
    parts.append("</tbody></table></section>")
    return parts


def _step(row: Mapping[str, Any], language: Language) -> str:
    """What the step is, by its stage; its name where the stage says nothing."""
    return STAGES[language].get(row["stage"] or "") or str(row["step"] or row["intervention"] or "").replace("_", " ")


def _carriers(row: Mapping[str, Any], language: Language) -> str:
    """By which channels it was delivered; of the ERP's history, by which it is said to have gone."""
    words: Mapping[str, str] = CHANNELS[language]
    went = [one["channel"] for one in row["carriers"] if one["state"] == "delivered"] or [row["channel"] or ""]
    return ", ".join(words.get(channel, channel) for channel in went)


def _day(text: str, language: Language) -> str:
    """A date as the language writes it."""
    return locale_of(language).day(date.fromisoformat(text))


def _row(cells: Sequence[str], tag: str, code: str | None = None) -> str:
    more = "" if code is None else f"<{tag}><code>{_text(code)}</code></{tag}>"
    return "<tr>" + "".join(f"<{tag}>{_text(cell)}</{tag}>" for cell in cells) + more + "</tr>"


def _text(text: str) -> str:
    return escape(clean(text) if text else "", quote=True)
