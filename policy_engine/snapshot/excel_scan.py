"""What must be known of a workbook before a library reads it: that it is one, its size, and cells that have no value.

An .xlsx is a ZIP archive of XML. A few bytes of it can claim a sheet of 17 billion cells, and the reader shows a
formula that was never computed, or that failed, as an empty cell. Neither may pass: the first is refused, the second
becomes a problem of its row.
"""

import re
import zipfile
import zlib
from dataclasses import dataclass, field
from posixpath import join, normpath
from xml.etree import ElementTree as ET

from policy_engine.snapshot.sources import Findings, SourceFile

MAX_UNPACKED = 1024**3
"""Most bytes of a workbook's parts, unpacked."""
MAX_CELLS = 20_000_000
"""Largest area of a sheet, in cells, empty ones included."""
_OLE = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(/?)>")
_PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{1,3})([0-9]{1,7})[\"']")
_ERROR = re.compile(rb"\bt\s*=\s*[\"']e[\"']")
_TEXT = re.compile(rb"\bt\s*=\s*[\"']str[\"']")
_FORMULA = re.compile(rb"<(?:\w+:)?f\b")
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^>]*>([^<]*)<")
_SHEET_TYPE = "/worksheet"


@dataclass(slots=True)
class Scan:
    """Cells (row and column from 1) of each sheet whose value can't be used, and why."""

    spoilt: dict[str, dict[tuple[int, int], str]] = field(default_factory=dict)


def scan_workbook(file: SourceFile, findings: Findings) -> Scan | None:
    """Looks through a workbook; None and a finding when it can't be read."""
    start = file.at(1)
    try:
        with file.path.open("rb") as stream:
            head = stream.read(4)
        if head == _OLE:
            message = "the workbook is encrypted, or in the format of Excel 97 (.xls)"
            findings.error("DUN509", start, message, "save it as .xlsx without a password", quote=False)
            return None
        if head != _ZIP:
            findings.error("DUN501", start, "the file is not an Excel workbook", "save it as .xlsx", quote=False)
            return None
        with zipfile.ZipFile(file.path) as archive:
            if sum(info.file_size for info in archive.infolist()) > MAX_UNPACKED:
                text = f"the workbook unpacks to more than {MAX_UNPACKED // 1024**2} MB"
                findings.error("DUN509", start, text, "export CSV files instead", quote=False)
                return None
            return _scan(archive, file, findings)
    except OSError as error:
        findings.error("DUN501", start, f"the file can't be read: {error.strerror or 'damaged'}", quote=False)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, NotImplementedError, RuntimeError,
            ET.ParseError, RecursionError) as error:  # fmt: skip
        what = f"the workbook is damaged ({type(error).__name__})"
        findings.error("DUN501", start, what, "open it in Excel and save it again", quote=False)
    return None


def _scan(archive: zipfile.ZipFile, file: SourceFile, findings: Findings) -> Scan | None:
    scan = Scan()
    for name, part in _sheets(archive).items():
        content = archive.read(part)
        spoilt: dict[tuple[int, int], str] = {}
        rows = columns = row = column = 0
        for match in _CELL.finditer(content):
            place = _PLACE.search(match[1])
            column = column + 1 if place is None else _number(place[1])
            row = row if place is None else int(place[2])
            rows, columns = max(rows, row), max(columns, column)
            if _ERROR.search(match[1]):
                spoilt[row, column] = "holds an error instead of a value"
            elif not match[2]:
                end = content.find(b"</", match.end())
                body = content[match.end() : content.find(b"c>", end) if end >= 0 else match.end()]
                if _FORMULA.search(body) and not _computed(match[1], body):
                    spoilt[row, column] = "holds a formula without a stored value"
        if rows * columns > MAX_CELLS:
            text = f"the sheet `{name[:80]}` spans {rows} rows and {columns} columns, more than can be read"
            findings.error("DUN509", file.at(1), text, "delete the empty rows and columns", quote=False)
            return None
        scan.spoilt[name] = spoilt
    return scan


def _computed(attributes: bytes, body: bytes) -> bool:
    value = _VALUE.search(body)
    return _TEXT.search(attributes) is not None or (value is not None and bool(value[1]))


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """Sheet name to the part that holds it."""
    targets: dict[str, str] = {}
    for relation in _xml(archive, "xl/_rels/workbook.xml.rels"):
        target = relation.get("Target", "")
        part = normpath(target.lstrip("/") if target.startswith("/") else join("xl", target))
        if relation.get("Type", "").endswith(_SHEET_TYPE):
            targets[relation.get("Id", "")] = part
    found: dict[str, str] = {}
    for sheet in _xml(archive, "xl/workbook.xml").iter():
        if sheet.tag.rpartition("}")[2] != "sheet":
            continue
        ident = next((value for key, value in sheet.attrib.items() if key.rpartition("}")[2] == "id"), "")
        if ident in targets:
            found[sheet.get("name", "")] = targets[ident]
    return found


def _xml(archive: zipfile.ZipFile, part: str) -> ET.Element:
    content = archive.read(part)
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ValueError("a document type has no place in a workbook")
    return ET.fromstring(content)  # noqa: S314  # no document type, no entities
