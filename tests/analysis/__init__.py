"""The semantic analysis: each finding with a witness that the engine confirms."""
