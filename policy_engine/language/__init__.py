"""What an author writes: YAML with positions, diagnostics, syntax models, expressions, inheritance, resolution."""
