"""What the tests of CSV imports share."""

from datetime import date
from pathlib import Path

from policy_engine.imports.csv_import import import_csv
from policy_engine.imports.mapping_load import load_mapping

ROOT = Path(__file__).parents[3]
BAD = ROOT / "tests/bad/import_csv"
MAPPINGS = ROOT / "examples/mappings"
AS_OF = date(2026, 11, 20)


def run(mapping, *files, as_of=AS_OF, **options):
    """The loaded mapping and, when it can be used, the import."""
    loaded = load_mapping(mapping)
    if loaded.mapping is None:
        return loaded, None
    return loaded, import_csv(list(files), loaded.mapping, as_of, sources=loaded.sources, **options)
