"""Policies of a git revision: `main:policies/acme.yaml`, read with everything that lies beside it."""

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from policy_engine.cli.inputs import UnusableInputError
from policy_engine.values.text import inert

MAX_BYTES = 64 * 1024 * 1024
"""The most a policy's folder may weigh in a revision."""


@contextmanager
def checked_out(given: str) -> Iterator[tuple[Path, str, str]]:
    """A policy's path: as given when it is there, else of a revision, unpacked while the block runs.

    Yields:
        The path; how its positions begin, and what people should read instead (both empty for a path that is there).

    Raises:
        UnusableInputError: the revision or the file isn't there, or git isn't.
    """
    revision, colon, inside = given.partition(":")
    if Path(given).exists() or not colon or not inside or not revision or len(revision) == 1:
        yield Path(given), "", ""
        return
    commit = _git(["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"], given).strip()
    path = PurePosixPath(_git(["rev-parse", "--show-prefix"], given).strip()) / inside
    if ".." in path.parts:
        raise UnusableInputError(f"`{inert(inside)}`: give the path from the current folder down, without `..`")
    kind = _git(["cat-file", "-t", f"{commit}:{path}"], given).strip()
    folder = path if kind == "tree" else path.parent
    tree = commit if str(folder) == "." else f"{commit}:{folder}"
    packed = _bytes(["archive", "--format=tar", tree], given)
    if len(packed) > MAX_BYTES:
        raise UnusableInputError(f"`{inert(given)}`: its folder is larger than {MAX_BYTES // 1024**2} MB")
    with TemporaryDirectory(prefix="dunning-") as temporary:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(temporary, filter="data")
        shown = str(Path(temporary)).replace("\\", "/") + "/"
        below = "" if str(folder) == "." else f"{folder}/"
        yield Path(temporary) if kind == "tree" else Path(temporary) / path.name, shown, f"{revision}:{below}"


def _git(arguments: list[str], given: str) -> str:
    return _bytes(arguments, given).decode("utf-8", "replace")


def _bytes(arguments: list[str], given: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False)  # noqa: S603, S607 - arguments are checked
    except OSError as error:
        raise UnusableInputError(f"`{inert(given)}`: no such file, and git can't be run") from error
    if done.returncode:
        raise UnusableInputError(f"`{inert(given)}`: neither a file nor in a git revision, as main:policy.yaml")
    return done.stdout
