"""Adapters: what leaves, and what happens when it fails."""
