"""What was known on a date: tables, manifest, readers, checks. Row dataclasses in `model`, input in `read`."""
