"""A large policy stays pleasant to write: completion, hover and diagnostics on 5,000 lines."""

import time
from pathlib import Path

from tests.editor.server import Server

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "policies" / "large.yaml"
PATIENCE = 10.0
"""Seconds, many times what it takes: a machine under load shall not fail, a quadratic schema shall."""


def large() -> str:
    """50 segments, 50 ladders of 19 steps: 5,000 lines and some."""
    lines = ["# yaml-language-server: $schema=../schemas/policy.schema.json", "dunning: 1", "policy: large"]
    lines += ["currency: EUR", "segments:"]
    for number in range(50):
        lines += [f"  - name: group_{number}", f"    when: customer.overdue > {number}", f"    ladder: ladder_{number}"]
    lines += ["  - name: others", "    ladder: ladder_0", "ladders:"]
    for number in range(50):
        lines += [f"  ladder_{number}:", "    steps:"]
        for step in range(19):
            lines += [f"      - name: step_{step}", "        stage: reminder", f"        days: {step * 9}"]
            lines += ["        channel: email", "        template: courtesy"]
    return "\n".join(lines) + "\n"


def test_five_thousand_lines_answer_soon(server: Server) -> None:
    text = large()
    assert text.count("\n") > 4_900
    began = time.perf_counter()
    assert server.findings(FILE, text) == []
    checked = time.perf_counter()
    found = server.complete(FILE, text + "      - name: last\n        channel: |")
    assert found.keys() >= {"email", "letter"}
    completed = time.perf_counter()
    assert "Groups of customers" in server.hover(FILE, text.replace("segments:", "segm|ents:"))
    hovered = time.perf_counter()
    took = {"diagnostics": checked - began, "completion": completed - checked, "hover": hovered - completed}
    assert max(took.values()) < PATIENCE, took
