"""The facts table: one definition of each fact for checker, engines, docs, templates and explanations."""
