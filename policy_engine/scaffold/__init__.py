"""A policy repository to start from: what is in it, and putting it where nothing is in the way."""
