"""Other people's files into a snapshot: the columns, signs, dates and habits of a ledger's export, read exactly.

An import never changes a total without saying so: rows and amounts in are rows and amounts out, or a finding.
"""
