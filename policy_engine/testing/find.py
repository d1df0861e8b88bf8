"""Where tests are: `NAME.test.yaml` beside a policy or in a folder `tests` of its own, found by name alone."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from policy_engine.language.files import PACK, TESTS, packs_folder
from policy_engine.language.findings import Findings
from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.position import Position

_PASSED_BY = frozenset({"node_modules", "__pycache__"})


def find_tests(paths: Sequence[Path]) -> tuple[list[Path], tuple[Diagnostic, ...]]:
    """The test files of the paths, each once, in the paths' order; a path without any is an error.

    A folder gives every `*.test.yaml` below it, hidden folders left out. A policy (`acme.yaml`) gives `acme.test.yaml`
    beside it and every test file below `tests/acme/` and of the name `tests/acme.test.yaml`; `pack:NAME` those of a
    ready policy. Any other file is taken as a test file.
    """
    findings = Findings()
    found: dict[Path, None] = {}
    for path in paths:
        here = Position(str(path).replace("\\", "/"), 1, 1)
        tests = list(_tests_of(path))
        if not tests and not path.exists() and not here.file.startswith(PACK):
            findings.add("DUN001", f"there is no file or folder `{here.file}`", here)
        elif not tests:
            hint = f"tests are files called `NAME{TESTS}`, beside the policy or below `tests/NAME/`"
            findings.add("DUN701", f"`{here.file}` has no tests", here, hint=hint)
        found.update(dict.fromkeys(tests))
    return list(found), findings.all()


def _tests_of(path: Path) -> Iterator[Path]:
    name = str(path)
    if name.startswith(PACK):
        path = packs_folder() / f"{name[len(PACK) :]}.yaml"
    if path.is_dir():
        yield from _below(path)
    elif path.name.endswith(TESTS) or not _is_policy(path):
        if path.is_file():
            yield path
    else:
        stem = path.name.rpartition(".")[0]
        beside = [path.with_name(f"{stem}{TESTS}"), path.parent / "tests" / f"{stem}{TESTS}"]
        yield from (test for test in beside if test.is_file())
        folder = path.parent / "tests" / stem
        if folder.is_dir():
            yield from _below(folder)


def _below(folder: Path) -> Iterator[Path]:
    """Every test file below a folder, by path; links to folders aren't followed."""
    entries = sorted(folder.iterdir(), key=lambda entry: (entry.is_dir(), entry.name))
    for entry in entries:
        if entry.is_dir():
            if not entry.name.startswith(".") and entry.name not in _PASSED_BY and not entry.is_symlink():
                yield from _below(entry)
        elif entry.name.endswith(TESTS):
            yield entry


def _is_policy(path: Path) -> bool:
    """Whether a file says `dunning:` at the beginning of a line and not `dunning_test:`: enough to tell the two."""
    try:
        with path.open("rb") as stream:
            lines = stream.read(100_000).splitlines()
    except OSError:
        return False
    return any(line.startswith(b"dunning:") for line in lines) and not any(
        line.startswith(b"dunning_test:") for line in lines
    )
