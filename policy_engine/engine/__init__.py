"""Engines: pure functions from a resolved policy and a snapshot to a plan."""
