"""1,000,000 rows read and checked into a snapshot: rows a second and peak memory, each reader in its own process."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.portfolio import write_portfolio

ROOT = Path(__file__).parents[1]
TARGET = 100_000
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


def _measure(name: str, folder: Path, *, singly: bool = False) -> str:
    """Print one reader's figures; the digest that it came to."""
    code = _READ.format(root=str(ROOT), folder=str(folder), singly=singly)
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    rows, wall, busy, memory, digest = done.stdout.split()
    print(
        f"  {name:24} {float(wall):10.0f} rows/s  {float(busy):10.0f} rows/s of processor time"
        f"  peak {float(memory):5.0f} MB  ({rows} rows)"
    )
    return digest


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


def main(invoices: int = 464_000) -> None:
    """Print the figures of CSV read by rows, CSV read by columns, and Parquet; all give the same digest."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "csv"
        folder.mkdir()
        write_portfolio(folder, invoices)
        digests = {_measure("CSV, row by row", folder, singly=True), _measure("CSV, by columns", folder)}
        try:
            _write_parquet(folder, Path(name) / "parquet")
        except ImportError:
            print("  Parquet: not measured, DuckDB isn't installed")
        else:
            digests.add(_measure("Parquet, minor units", Path(name) / "parquet"))
    assert len(digests) == 1
    print(f"  target: {TARGET} rows/s, memory under 1024 MB; the readers came to the same digest")


if __name__ == "__main__":
    main()
