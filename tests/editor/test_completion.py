"""What an editor offers while a policy is written: every section, every key, every choice, and things to begin with."""

from pathlib import Path

import pytest

from tests.editor.server import Proposal, Server

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "policies" / "new.yaml"
HEAD = "# yaml-language-server: $schema=../schemas/policy.schema.json\n"
BEGUN = HEAD + "dunning: 1\npolicy: acme\ncurrency: EUR\n"
STEP = BEGUN + "ladders:\n  standard:\n    steps:\n      - name: courtesy\n        "
SECTIONS = {
    "version", "description", "effective", "extends", "locale", "calendar", "stages", "netting", "minimum", "grace",
    "valid_for", "after_settlement", "onboarding", "attributes", "facts", "segments", "ladders", "holds", "promises",
    "interventions", "contact", "capacity", "safeguards", "penalties", "credit",
}  # fmt: skip
CHANNELS = {
    "email", "letter", "registered_letter", "call", "task", "webhook", "placement", "order_hold", "order_release",
}  # fmt: skip


def begins(found: dict[str, Proposal], label: str) -> str:
    """The text that a snippet would insert."""
    return found[label].inserts


def test_the_top_level_offers_every_section_with_its_description(server: Server) -> None:
    found = server.complete(FILE, BEGUN + "|")
    assert found.keys() >= SECTIONS
    assert not found.keys() & {"dunning", "policy", "currency"}, "what is there already is not offered again"
    for section in SECTIONS:
        assert len(found[section].documentation) > 10, section
    assert found["netting"].documentation.startswith("How unallocated payments and credit notes count")
    assert found["contact"].documentation == "The contact cap."


def test_an_empty_file_offers_a_whole_policy(server: Server) -> None:
    found = server.complete(FILE, HEAD + "|")
    assert {"dunning", "policy of your own", "policy that changes a ready one"} <= found.keys()
    assert begins(found, "policy of your own").startswith("dunning: 1\npolicy: ${1:our-policy}\n")


def test_a_step_offers_its_keys_with_units(server: Server) -> None:
    found = server.complete(FILE, STEP + "|")
    keys = {"stage", "days", "months", "channel", "otherwise", "also", "template", "when", "after_previous", "charge"}
    assert keys | {"exempt", "repeat", "approval", "undo", "anchor", "adjust"} <= found.keys()
    assert "name" not in found
    assert "*Unit:* calendar days. *From* -3650 *to* 36500." in found["days"].documentation
    assert "`invoice.outstanding`" in found["when"].documentation, "what a condition may ask"


def test_channel_offers_its_values_each_with_its_meaning(server: Server) -> None:
    found = server.complete(FILE, STEP + "channel: |")
    assert found.keys() == CHANNELS
    assert found["placement"].documentation == "The claim is handed to a collection agency."
    assert len({proposal.documentation for proposal in found.values()}) == len(CHANNELS)


@pytest.mark.parametrize(
    ("before", "values"),
    [
        (STEP + "anchor: |", {"due_date", "issue_date", "previous_step"}),
        (STEP + "exempt: |", {"true", "false"}),
        (STEP + "stage: |", {"notice", "reminder", "call", "formal_notice", "agency", "legal"}),
        (BEGUN + "netting: |", {"oldest_first", "account", "none"}),
        (BEGUN + "penalties:\n  fee:\n    kind: |", {"flat", "interest"}),
        (BEGUN + "credit:\n  roll_up: |", {"none", "parent"}),
    ],
    ids=lambda value: value.rpartition("\n")[2].strip() if isinstance(value, str) else "",
)
def test_choices_are_offered(server: Server, before: str, values: set[str]) -> None:
    assert server.complete(FILE, before).keys() == values


@pytest.mark.parametrize("written", ["  - name: disputed\n    |", "  - |"])
def test_a_hold_offers_its_keys(server: Server, written: str) -> None:
    found = server.complete(FILE, BEGUN + "holds:\n" + written)
    assert {"when", "instead", "stops", "description"} <= found.keys()
    assert found["instead"].documentation == "The intervention to plan, once."


def test_a_penalty_offers_the_keys_of_its_kind_only(server: Server) -> None:
    flat = server.complete(FILE, BEGUN + "penalties:\n  fee:\n    kind: flat\n    |")
    interest = server.complete(FILE, BEGUN + "penalties:\n  fee:\n    kind: interest\n    |")
    assert "amount" in flat
    assert "rate" not in flat
    assert {"rate", "allocation", "rounding"} <= interest.keys()
    assert "amount" not in interest


@pytest.mark.parametrize(
    ("section", "label", "start"),
    [
        ("segments:\n  |", "last segment", "- name: ${1:standard}\n  ladder: ${2:standard}"),
        ("segments:\n  - name: a\n    ladder: b\n  |", "last segment", "- name: ${1:standard}\n"),
        ("segments:\n  - |", "last segment", "name: ${1:standard}\n  ladder: ${2:standard}"),
        ("holds:\n  |", "hold: disputed", "- name: ${1:disputed}\n  when: ${2:invoice.disputed}"),
        ("penalties:\n  |", "penalty: lump sum", "${1:recovery_indemnity}:\n  kind: flat\n  amount: ${2:40}"),
        (
            "ladders:\n  |",
            "ladder",
            "${1:standard}:\n  steps:\n    - name: ${2:courtesy_reminder}\n      stage: reminder",
        ),
        (
            "ladders:\n  a:\n    steps:\n      |",
            "step: a call",
            "- name: ${1:phone_call}\n  stage: call\n  days: ${2:20}",
        ),
        ("capacity:\n  |", "capacity", "- name: ${1:calls}\n"),
        ("interventions:\n  |", "intervention", "- name: ${1:declare_claim}\n"),
        ("credit:\n  decisions:\n    |", "decision: the rest", "- name: ${1:fine}\n  decision: approve"),
    ],
    ids=lambda value: value.replace("\n", " ") if isinstance(value, str) else "",
)
def test_a_list_offers_things_to_begin_with(server: Server, section: str, label: str, start: str) -> None:
    found = server.complete(FILE, BEGUN + section)
    assert begins(found, label).startswith(start)
    assert found[label].documentation
