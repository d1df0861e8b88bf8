"""A problem as people read it."""

from policy_engine.snapshot.model import Problem
from policy_engine.values.text import inert


def problem_text(problem: Problem) -> str:
    """Place, code, row, what is wrong with it, whom it holds, and the likely fix; inert on a terminal."""
    row = f" `{problem.row}`" if problem.row else ""
    lines = [f"{problem.where}: {problem.code} {problem.table}{row}: {problem.message}"]
    if problem.holds and problem.customer is not None:
        lines.append(f"  holds: every other invoice of customer `{problem.customer}`")
    if problem.help:
        lines.append(f"  help: {problem.help}")
    return "\n".join(inert(line) for line in lines)
