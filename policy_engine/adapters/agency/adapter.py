"""The adapter `agency`: one zip a claim, for a collection agency, a lawyer, an insolvency administrator.

    agency/
      2026-10-30/C-0262_collection-agency_52e8283eca4a-1.zip     and ..._part-2.zip when it is split
      trial/2026-10-30/...                                       while everything is redirected

A zip is written beside its place and renamed when it is whole. Equal facts and documents give equal bytes, so that a
repeated delivery changes nothing.
"""

import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema

from policy_engine.adapters.agency.archive import MiB, TooLargeError, packed, zipped
from policy_engine.adapters.agency.contents import Gathered, Sources, gather
from policy_engine.adapters.agency.model import Placement, placement_schema
from policy_engine.adapters.agency.placement import Columns, Own, about, placement_of
from policy_engine.adapters.agency.proof import proof_data, proof_page
from policy_engine.adapters.agency.readme import missing_text, readme
from policy_engine.adapters.agency.table import invoices_table
from policy_engine.adapters.agency.words import KIND as TITLES
from policy_engine.adapters.agency.words import README, Language
from policy_engine.adapters.disk import file_name, sync, unwritable
from policy_engine.adapters.paper import Paper
from policy_engine.execution.documents import Documents
from policy_engine.execution.job import Job, Receipt, Refused, Retry
from policy_engine.execution.kinds import Kind, Place, SettingsError, Surroundings, plain_path
from policy_engine.execution.operator_model import DocumentsSyntax
from policy_engine.language.models.base import Syntax, key
from policy_engine.language.nodes import Text, items_at
from policy_engine.language.scalars import Flag, Line, Name, refuse, scalar
from policy_engine.values.text import inert_json

TRIAL = "trial"
"""The folder, below the adapter's own, where zips lie while everything is redirected."""
MOST_MIB = 200
_LONG_AGO = 24 * 3600
"""Seconds after which what isn't whole belongs to nobody."""
Needed = Literal["invoices", "orders", "deliveries", "contract", "terms", "formal_notice", "statement", "note", "proof"]


def _size(value: object) -> int:
    text = scalar(value, "a number of MiB", "20")
    if text.style != "plain" or not text.isascii() or not text.isdigit() or not 1 <= int(text[:5]) <= MOST_MIB:
        raise refuse("DUN106", f"`{text[:20]}` is no size of a zip", f"write MiB from 1 to {MOST_MIB}, e.g. `20`")
    return int(text)


def _one_or_more(value: Any) -> Any:
    if isinstance(value, Text):
        items = items_at(value.file, value.line, value.column)
        items.append(value)
        return items
    return value


Size = Annotated[int, PlainValidator(_size), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MOST_MIB})]


class ColumnsSyntax(Syntax):
    """The company's own columns (`attributes` of the policy) that a placement tells."""

    trading_name: Name | None = key("The customer's trading name.", "trading_name", default=None)
    guarantees: Name | None = key("The guarantees that the customer gave.", "guarantees", default=None)
    retention_of_title: Name | None = key("What was agreed on retention of title.", "retention", default=None)
    order: Name | None = key("The invoice's order number.", "order_number", default=None)
    delivery: Name | None = key("The invoice's delivery note.", "delivery_note", default=None)


class AgencySettings(Syntax):
    """Where claims are handed over, and what is in them."""

    path: Place = key("The folder, beside the operator's file unless it is absolute.", "agency", default="agency")
    language: Literal["en", "fr"] | None = key(
        "Of the README and the page of proofs; without it the customer's, French or English.", "fr", default=None
    )
    policy_number: Line | None = key("The number of the credit insurance policy.", "FR-123456", default=None)
    client_number: Line | None = key("The creditor's number at the agency.", "4711", default=None)
    bank_details: Flag = key(
        "Whether the payee's bank details stand in the file; else they are told another way.",
        False,  # noqa: FBT003
        default=False,
    )
    retention_of_title: Line | None = key(
        "What the general terms say on retention of title.", "art. 7 of the general terms", default=None
    )
    terms: Place | None = key("The file of the general terms.", "/srv/terms.pdf", default=None)
    orders: DocumentsSyntax | None = key("Where orders lie, by the invoice's number or id.", default=None)
    deliveries: DocumentsSyntax | None = key("Where proofs of delivery lie, by the invoice.", default=None)
    contracts: DocumentsSyntax | None = key("Where contracts lie, `{id}` being the customer's.", default=None)
    columns: ColumnsSyntax | None = key("The company's own columns that are told.", {"order": "po"}, default=None)
    require: Annotated[tuple[Needed, ...], BeforeValidator(_one_or_more)] = key(
        "What must be there: without it nothing is handed over.", ["formal_notice", "invoices"], default=()
    )
    limit: Size = key("The largest size of a zip, in MiB.", 20, default=20)
    split: Flag = key(
        "Whether what is larger becomes several zips.",
        False,  # noqa: FBT003
        default=False,
    )


class AgencyAdapter:
    """Writes zips of claims. Delivered means that the zip lies in its folder."""

    channels = frozenset({"placement", "task"})
    idempotent = True
    real = True
    wants = frozenset({"dossier", "notices", "statement"})

    def __init__(self, name: str, settings: AgencySettings, own: Own, sources: Sources, folder: Path) -> None:
        self.name = name
        self.path = plain_path(folder / settings.path)
        self._settings = settings
        self._own = own
        self._sources = sources
        self._paper = Paper()
        self._written: list[tuple[Path, Path]] = []
        self._over: list[Path] = []

    def deliver(self, job: Job) -> Receipt:
        """Write the claim's zip, under another name until `settle`.

        Raises:
            Refused: what is required is missing, it is too large, or its facts aren't those of a claim.
            Retry: the zip can't be written now, or the letters in it can't be set.
        """
        if "dossier" not in job.facts:
            raise Refused(
                "the story of its invoices wasn't told: the plan was taken in without this adapter; plan again"
            )
        try:
            day = date.fromisoformat(job.facts["action"]["send_on"])
            found, papers = gather(job, self._sources, self._paper)
            placement = placement_of(job, self._own, papers)
        except TooLargeError as error:
            raise Refused(str(error)) from error
        except (KeyError, TypeError, ValueError) as error:
            raise Refused(f"its facts aren't those of a claim: {_short(error)}") from error
        self._check(placement)
        language = self._language(job)
        _tell(job, found, placement, language)
        try:
            zips = self._zips(job, found, placement, day, language)
        except TooLargeError as error:
            raise Refused(str(error)) from error
        folder = (self.path / TRIAL if job.redirect_to is not None else self.path) / day.isoformat()
        try:
            self._put(folder, file_name(job), zips)
        except OSError as error:
            raise Retry(f"the file can't be written: {error.strerror}") from error
        first = next(iter(zips))
        return Receipt({
            "file": (folder.relative_to(self.path) / first).as_posix(),
            "sha256": hashlib.sha256(zips[first]).hexdigest(),
            "parts": str(len(zips)),
            "missing": ", ".join(sorted({row.what for row in placement.missing})) or "nothing",
        })  # fmt: skip

    def settle(self) -> None:
        """Bring the zips to the disk and rename them into place, a claim's first one last.

        Raises:
            Retry: the disk doesn't take them now.
        """
        written, self._written = self._written, []
        over, self._over = self._over, []
        try:
            for part, _ in written:
                sync(part)
            for path in over:
                path.unlink(missing_ok=True)
            for part, path in written:
                part.replace(path)
            for folder in sorted({path.parent for _, path in written}):
                sync(folder)
        except OSError as error:
            raise Retry(f"the files can't be written: {error.strerror}") from error

    def close(self) -> None:
        """End the process that sets letters."""
        self._paper.close()

    def check(self) -> list[str]:
        """What would keep it from handing claims over, and what every file would lack."""
        found = unwritable(self.path)
        if find_spec("typst") is None:
            found.append("letters need typst: pip install 'dunning-policy-engine[letters]'")
        for name in ("invoices", "orders", "deliveries", "contracts"):
            where: Documents = getattr(self._sources, name)
            if where.folder is not None and not where.folder.is_dir():
                found.append(f"there is no folder {where.folder} of {name}")
        if self._sources.terms is not None and not self._sources.terms.is_file():
            found.append(f"there is no file {self._sources.terms} of general terms")
        nowhere = {name for name in ("invoices", "orders", "deliveries") if getattr(self._sources, name).folder is None}
        nowhere |= {"contract"} if self._sources.contracts.folder is None else set()
        nowhere |= {"terms"} if self._sources.terms is None else set()
        needed = sorted(nowhere.intersection(self._settings.require))
        return [*found, *(f"`require` asks for {name}, and nothing says where they lie" for name in needed)]

    def _language(self, job: Job) -> Language:
        tag = self._settings.language or str(job.facts["customer"]["language"] or "")
        return "fr" if tag.lower().startswith("fr") else "en"

    def _check(self, placement: Placement) -> None:
        """Refuse what lacks something that is required, or isn't what the schema says."""
        lacking = [row for row in placement.missing if row.what in self._settings.require]
        if lacking:
            rows = "; ".join(missing_text(row, "en") for row in lacking[:5])
            more = f"; and {len(lacking) - 5} more" if len(lacking) > 5 else ""
            raise Refused(f"required and missing: {rows}{more}"[:500])
        for error in _validator().iter_errors(placement.model_dump(mode="json")):
            place = "/".join(str(part) for part in error.absolute_path)
            raise Refused(f"placement.json doesn't fit its schema at {place}: {_short(error)}")

    def _zips(self, job: Job, found: Gathered, placement: Placement, day: date, language: Language) -> dict[str, bytes]:
        """The zips by name, the first with README and manifest."""
        core = [name for name in found.files if name in _CORE]
        parts = packed(found.files, self._settings.limit * MiB, split=self._settings.split, core=core)
        stem = file_name(job)
        names = [f"{stem}.zip", *(f"{stem}_part-{number}.zip" for number in range(2, len(parts) + 1))]
        found.files["README.txt"] = readme(placement, sorted(found.files), names, language)
        parts[0].append("README.txt")
        manifest = _manifest(job, found.files, dict(zip(names, parts, strict=True)), placement)
        made = {
            name: zipped({inside: found.files[inside] for inside in part}, day)
            for name, part in list(zip(names, parts, strict=True))[1:]
        }
        first = {**{name: found.files[name] for name in parts[0]}, "manifest.json": manifest}
        return {names[0]: zipped(first, day), **made}

    def _put(self, folder: Path, stem: str, zips: Mapping[str, bytes]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name in [*list(zips)[1:], next(iter(zips))]:  # who sees the first sees all
            _sweep(folder, name)
            part = folder / f".{name}.{os.getpid()}.part"
            part.write_bytes(zips[name])
            self._written.append((part, folder / name))
        self._over += [path for path in folder.glob(f"{stem}_part-*.zip") if path.name not in zips]


_CORE = frozenset({
    "placement.json", "invoices.csv", "note.txt", "note.html", "statement.pdf", "proof/reminders.html",
    "proof/reminders.json",
})  # fmt: skip


def _sweep(folder: Path, name: str) -> None:
    """Take away what a worker that died left of a zip, long ago."""
    for part in folder.glob(f".{name}.*.part"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > _LONG_AGO:
                part.unlink()


def _tell(job: Job, found: Gathered, placement: Placement, language: Language) -> None:
    """The claim as data and as a table, and the proofs."""
    data = json.dumps(placement.model_dump(mode="json"), ensure_ascii=False, indent=2)
    found.add("placement.json", (inert_json(data) + "\n").encode("utf-8", "backslashreplace"))
    found.add("invoices.csv", invoices_table(placement, language))
    contacts = about(job.facts["dossier"])
    numbers = {row.id: row.number for row in placement.invoices}
    words = README[language]
    debtor = f"{placement.debtor.legal_name} ({placement.debtor.customer})"
    head = [
        f"{TITLES[language][placement.kind]}{words['colon']} {debtor}",
        f"{words['creditor']}{words['colon']} {placement.creditor.name}",
        f"{words['reference']}{words['colon']} {placement.reference}",
    ]
    trial = None if job.redirect_to is None else f"{words['trial']} {job.redirect_to}"
    found.add("proof/reminders.json", proof_data(contacts, job.key))
    found.add("proof/reminders.html", proof_page(contacts, numbers, language, head, trial))


def _manifest(job: Job, files: Mapping[str, bytes], parts: Mapping[str, Sequence[str]], placement: Placement) -> bytes:
    data = {
        "dunning_manifest": 1,
        "reference": job.key,
        "trial": job.redirect_to,
        "plan": job.facts["plan"],
        "policy": job.facts["policy"],
        "policy_version": job.facts["policy_version"],
        "files": {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            for name, content in sorted(files.items())
        },
        "parts": {name: sorted(inside) for name, inside in parts.items()},
        "missing": [row.model_dump(mode="json") for row in placement.missing],
    }  # fmt: skip
    text = json.dumps(data, ensure_ascii=False, indent=2)
    return (inert_json(text) + "\n").encode("utf-8", "backslashreplace")


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(placement_schema())


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _documents(around: Surroundings, settings: DocumentsSyntax | None, *, customers: bool = False) -> Documents:
    if settings is None:
        return Documents()
    folder = around.at(settings.folder)
    return Documents(folder, settings.file, str(settings.replace), customers, around.portfolio)


def _build(name: str, settings: AgencySettings, around: Surroundings) -> AgencyAdapter:
    if around.sender is None:
        raise SettingsError("it needs a `sender` in the operator's file: whose claims are handed over")
    if settings.bank_details and around.payee is None:
        raise SettingsError("`bank_details: true` needs a `payee` in the operator's file")
    columns = settings.columns
    own = Own(
        sender=around.sender,
        policy_number=settings.policy_number,
        client_number=settings.client_number,
        retention_of_title=settings.retention_of_title,
        bank_details=around.payee if settings.bank_details else None,
        columns=Columns()
        if columns is None
        else Columns(
            columns.trading_name, columns.guarantees, columns.retention_of_title, columns.order, columns.delivery
        ),
    )
    sources = Sources(
        invoices=around.documents,
        orders=_documents(around, settings.orders),
        deliveries=_documents(around, settings.deliveries),
        contracts=_documents(around, settings.contracts, customers=True),
        terms=None if settings.terms is None else around.at(settings.terms),
    )
    return AgencyAdapter(name, settings, own, sources, around.folder)


KIND = Kind(AgencySettings, _build)
