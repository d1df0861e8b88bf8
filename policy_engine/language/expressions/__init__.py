"""Expressions: an author's text becomes a typed tree, or diagnostics that point inside it."""
