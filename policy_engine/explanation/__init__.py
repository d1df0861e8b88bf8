"""Explanations: why, why not, and when next; built from the engine's own functions, rendered in English and French."""
