"""Triage: which invoices need a person, the worksheet, and what is read back from it."""
