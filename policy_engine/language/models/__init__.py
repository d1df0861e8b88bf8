"""What an author may write: pydantic models of the policy's syntax, the authority for `schemas/policy.schema.json`."""
