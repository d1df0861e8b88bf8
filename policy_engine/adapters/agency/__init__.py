"""The file that a collection agency, a lawyer or an administrator gets: claim, documents and proofs in one zip."""

from policy_engine.adapters.agency.adapter import KIND

__all__ = ["KIND"]
