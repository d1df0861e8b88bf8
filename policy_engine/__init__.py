"""Dunning policy as code."""
