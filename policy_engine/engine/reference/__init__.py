"""The reference engine: language.md section 3, one module a number, in plain Python an auditor can follow."""
