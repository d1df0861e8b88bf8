"""Call and task lists: as CSV for a spreadsheet, and as a calendar (RFC 5545)."""

from policy_engine.adapters.lists.adapter import KIND

__all__ = ["KIND"]
