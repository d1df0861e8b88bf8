"""Plans are carried out: ledger, approvals, adapters; nothing is sent twice, nothing is lost (design.md section 6)."""
