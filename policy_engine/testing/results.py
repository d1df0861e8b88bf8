"""What running tests gave, as values: each test passed, failed (with every difference) or couldn't be run."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from policy_engine.values.diagnostics import Diagnostic
from policy_engine.values.position import Position

Status: TypeAlias = Literal["passed", "failed", "error"]


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that came out otherwise than expected.

    Attributes:
        code: stable, `DUN72x`; it has an entry in docs/testing.md.
        message: one lower-case sentence.
        position: the expectation, or the test when nothing was expected.
        expected: what was expected; None for what wasn't.
        got: what came out; None for what didn't.
        about: the customer or invoice that it is about.
        subject: what differs in a few words, e.g. "total of `formal_notice`".
    """

    code: str
    message: str
    position: Position
    expected: str | None
    got: str | None
    about: str | None = None
    subject: str = ""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of one test.

    Attributes:
        differences: why it failed; empty unless `status` is `failed`.
        diagnostics: why it couldn't be run; empty unless `status` is `error`.
        explanations: (customer or invoice, the text of `dunning why`) for what the differences are about.
    """

    name: str
    position: Position
    status: Status
    differences: tuple[Difference, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    explanations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """What became of a file of tests.

    Attributes:
        file: the test file as it was named.
        policy: the policy tested, as positions name it; "" when it can't be told.
        diagnostics: what keeps the whole file from being used; then there are no cases.
    """

    file: str
    policy: str
    cases: tuple[CaseResult, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    def count(self, status: Status) -> int:
        """How many tests have this status."""
        return sum(case.status == status for case in self.cases)
