"""A policy on one page, in plain French or English: made from the resolved policy, so it is never out of date."""
