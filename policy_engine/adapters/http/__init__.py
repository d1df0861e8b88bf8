"""Requests to an endpoint of the operator: permitted addresses, signatures, answers and what they mean."""
