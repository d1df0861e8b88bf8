"""1,000,000 CSV rows, read and checked into a snapshot, and imported by a mapping: rows a second, peak memory.

Each measurement has a process of its own. Beside the rows a second stand two yardsticks of the same run, because a busy
machine slows all of them down: `csv.reader` going through the same files, and DuckDB's `read_csv` into a table.
"""

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from benchmarks.portfolio import write_portfolio

ROOT = Path(__file__).parents[1]
TARGET = 100_000
_IMPORTED = """Customer No;Customer;Country;Type;Document;Date;Due;Amount;Currency;Settles
"""
_MAPPING = """mapping: 1
file: {encoding: utf-8, separator: ";", decimal: ",", dates: dd/mm/yyyy}
rows: [{when: {column: Type, in: Payment}, is: payment}]
customers: {name: Customer, kind: {constant: business}, country: {column: Country, lookup: {FRA: FR, DEU: DE}}}
invoices: {id: Document, customer: Customer No, currency: Currency, amount: Amount, issue_date: Date, due_date: Due}
payments: {id: Document, customer: Customer No, currency: Currency, amount: Amount, date: Date, invoice: Settles}
"""
_YARDSTICK = """
import csv, sys, time
busy = time.process_time()
count = 0
for path in {files!r}:
    with open(path, encoding="utf-8", newline="") as stream:
        count += sum(1 for _ in csv.reader(stream, delimiter={separator!r})) - 1
print(count / (time.process_time() - busy))
"""
_DUCKDB = """
import duckdb, time
connection = duckdb.connect(config={{"threads": 1}})
connection.execute("SET enable_progress_bar = false")
busy = time.process_time()
count = 0
for number, path in enumerate({files!r}):
    source = f"read_csv('{{path}}', all_varchar = true, header = true, delim = '{separator}')"
    connection.execute(f"CREATE TABLE t{{number}} AS SELECT * FROM {{source}}")
    count += connection.execute(f"SELECT count(*) FROM t{{number}}").fetchone()[0]
print(count / (time.process_time() - busy))
"""
_IMPORT = """
import resource, sys, time
from datetime import date
from pathlib import Path
sys.path.insert(0, {root!r})
from policy_engine.imports import csv_plain
from policy_engine.imports.csv_import import import_csv
from policy_engine.imports.mapping_load import load_mapping
from policy_engine.snapshot.write import write_snapshot
if {singly}:
    csv_plain.by_columns = lambda mapping: False
mapping = load_mapping(Path({folder!r}) / "mapping.yaml").mapping
wall, busy = time.perf_counter(), time.process_time()
result = import_csv([Path({folder!r}) / "export.csv"], mapping, date(2026, 10, 30))
assert result.tables is not None and result.summary is not None
write_snapshot(Path({folder!r}) / "written{singly}", result.tables, result.manifest)
wall, busy = time.perf_counter() - wall, time.process_time() - busy
count = result.summary.tally.read.rows
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(count, count / wall, count / busy, memory, "-")
"""
_READ = """
import resource, sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from policy_engine.snapshot import rows
from policy_engine.snapshot.read import read_snapshot
if {singly}:
    rows._singly = lambda raw, wanted, good: raw.rows  # as it would be without reading columns at a time
wall, busy = time.perf_counter(), time.process_time()
snapshot = read_snapshot([Path({folder!r})], policy_currency="EUR").snapshot
wall, busy = time.perf_counter() - wall, time.process_time() - busy
assert snapshot is not None and not snapshot.problems
count = sum(found for _, found in snapshot.rows)
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(count, count / wall, count / busy, memory, snapshot.digest)
"""


def _run(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return done.stdout.split()


def _yardsticks(files: list[Path], separator: str) -> float:
    """Print what reading the files as texts takes, and give the rows a second of `csv.reader`."""
    names = [str(path) for path in files]
    alone = float(_run(_YARDSTICK.format(files=names, separator=separator))[0])
    print(f"  {'csv.reader alone':24} {alone:46.0f} rows/s of processor time")
    try:
        peer = float(_run(_DUCKDB.format(files=names, separator=separator))[0])
    except subprocess.CalledProcessError:
        print("  DuckDB's read_csv: not measured, DuckDB isn't installed")
    else:
        print(f"  {'DuckDB read_csv, a table':24} {peer:46.0f} rows/s of processor time (texts, one thread)")
    return alone


def _measure(name: str, code: str, folder: Path, alone: float, *, singly: bool = False) -> str:
    """Print one reader's figures; the digest that it came to."""
    rows, wall, busy, memory, digest = _run(code.format(root=str(ROOT), folder=str(folder), singly=singly))
    print(
        f"  {name:24} {float(wall):10.0f} rows/s  {float(busy):10.0f} rows/s of processor time"
        f"  peak {float(memory):5.0f} MB  {alone / float(busy):5.1f} times csv.reader  ({rows} rows)"
    )
    return digest


def write_export(path: Path, rows: int, seed: int = 7) -> None:
    """A ledger's export with invoices and their payments, decimal commas, days first, and lookups."""
    random, day_of_export = Random(seed), date(2026, 10, 30)
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(_IMPORTED)
        number = written = 0
        while written < rows:
            number += 1
            customer = number // 12
            who = f"C{customer:06d};Société {customer};{'FRA' if customer % 5 else 'DEU'}"
            day = day_of_export - timedelta(days=random.randrange(20, 500))
            due, cents = day + timedelta(days=30), random.randrange(5_000, 2_000_000)
            amount = f"{cents // 100},{cents % 100:02d};EUR"
            stream.write(f"{who};Invoice;F{number:07d};{day:%d/%m/%Y};{due:%d/%m/%Y};{amount};\n")
            written += 1
            paid = due + timedelta(days=random.choice((-3, 0, 5, 20)))
            if written < rows and paid <= day_of_export and random.random() < 0.9:
                stream.write(f"{who};Payment;Z{number:07d};{paid:%d/%m/%Y};;{amount};F{number:07d}\n")
                written += 1


def _write_parquet(folder: Path, target: Path) -> None:
    import duckdb

    target.mkdir()
    with duckdb.connect() as connection:
        for path in sorted(folder.glob("*.csv")):
            columns = "* REPLACE (CAST(CAST(amount AS DECIMAL(18,2)) * 100 AS BIGINT) AS amount)"
            picked = columns if path.stem in ("invoices", "payments") else "*"
            connection.execute(
                f"COPY (SELECT {picked} FROM read_csv('{path}', all_varchar = true, header = true))"
                f" TO '{target / path.stem}.parquet' (FORMAT parquet)"
            )
    (target / "manifest.yaml").write_text((folder / "manifest.yaml").read_text(encoding="utf-8"), encoding="utf-8")


def main(invoices: int = 464_000, rows: int = 1_000_000) -> None:
    """Print the figures of CSV read by rows, by columns, and Parquet (one digest), then those of `import csv`."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "csv"
        folder.mkdir()
        write_portfolio(folder, invoices)
        alone = _yardsticks(sorted(folder.glob("*.csv")), ",")
        digests = {
            _measure("CSV, row by row", _READ, folder, alone, singly=True),
            _measure("CSV, by columns", _READ, folder, alone),
        }
        try:
            _write_parquet(folder, Path(name) / "parquet")
        except ImportError:
            print("  Parquet: not measured, DuckDB isn't installed")
        else:
            digests.add(_measure("Parquet, minor units", _READ, Path(name) / "parquet", alone))
        assert len(digests) == 1
        print(f"  target: {TARGET} rows/s, memory under 1024 MB; the readers came to the same digest")
        folder = Path(name) / "export"
        folder.mkdir()
        write_export(folder / "export.csv", rows)
        (folder / "mapping.yaml").write_text(_MAPPING, encoding="utf-8")
        alone = _yardsticks([folder / "export.csv"], ";")
        _measure("import csv, row by row", _IMPORT, folder, alone, singly=True)
        _measure("import csv, by columns", _IMPORT, folder, alone)
        for path in (folder / "writtenTrue").iterdir():
            assert path.read_bytes() == (folder / "writtenFalse" / path.name).read_bytes()
        print("  read, checked and written; both wrote the same bytes")


if __name__ == "__main__":
    main()
