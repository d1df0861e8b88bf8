"""The lock holds every package that the extras need, at the version that is installed: a clean clone gets these."""

import re
import tomllib
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
US = "dunning-policy-engine"
BESIDE = {"bench"}
"""Extras of which nothing has to be installed here."""


def _locked() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").split()
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.+]*", line) for line in lines), "no index, no option"
    return {canonicalize_name(name): version for name, version in (line.split("==") for line in lines)}


def _extras() -> dict[str, list[Requirement]]:
    """The extras of `pyproject.toml`, and what is always required under the empty name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {"": project["dependencies"], **project["optional-dependencies"]}
    return {name: list(map(Requirement, required)) for name, required in extras.items()}


def _required(name: str, extra: str) -> list[Requirement]:
    if name == US:
        return _extras()[extra]
    required = map(Requirement, distribution(name).requires or ())
    return [one for one in required if one.marker is None or one.marker.evaluate({"extra": extra})]


def _needed() -> dict[str, str]:
    """Every package that ours and its extras lead to, with the version that is installed."""
    left, seen = [(US, extra) for extra in _extras() if extra not in BESIDE], set[tuple[str, str]]()
    while left:
        if (place := left.pop()) not in seen:
            seen.add(place)
            left += [(canonicalize_name(one.name), extra) for one in _required(*place) for extra in ("", *one.extras)]
    return {name: distribution(name).version for name, _ in seen if name != US}


def test_the_lock_holds_what_is_needed() -> None:
    needed, locked = _needed(), _locked()
    assert {"sqlalchemy", "alembic", "psycopg", "httpcore2", "typst", "duckdb", "aiosmtpd"} <= set(needed)
    assert {name: version for name, version in needed.items() if locked.get(name) != version} == {}


def test_all_is_every_extra_that_users_want() -> None:
    wanted = set(_extras()) - {"", "dev", "all", *BESIDE}
    (everything,) = _extras()["all"]
    assert (everything.name, everything.extras) == (US, wanted)
