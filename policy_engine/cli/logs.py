"""`--log FILE`: the events of an execution as lines of JSON, without anything personal."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from policy_engine.cli.output import OutputError
from policy_engine.values.text import inert

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def logged(command: Decorated) -> Decorated:
    """Adds `--log`; while the command runs its events go there."""
    option = click.option(
        "--log", "log", metavar="FILE", expose_value=False, callback=_begin,
        help="Append events as lines of JSON, ids and counts only; `-` is stderr.",
    )  # fmt: skip
    return option(command)


def _begin(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    del parameter
    if value is not None:
        context.with_resource(_logging_to(value))


@contextmanager
def _logging_to(place: str) -> Iterator[None]:
    from policy_engine.execution.log import LOGGER, JsonLines

    handler: logging.Handler
    if place == "-":
        handler = logging.StreamHandler(sys.stderr)
    else:
        try:
            handler = logging.FileHandler(Path(place), encoding="utf-8", errors="backslashreplace")
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "its name is impossible"
            raise OutputError(f"can't write {inert(place)}: {why}") from error
    handler.setFormatter(JsonLines())
    before = LOGGER.level, LOGGER.propagate
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    try:
        yield
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(before[0])
        LOGGER.propagate = before[1]
        handler.close()
