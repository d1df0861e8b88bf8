"""What people note about receivables: promises, disputes, blocks, waivers, notes, as rows of a snapshot's tables."""
