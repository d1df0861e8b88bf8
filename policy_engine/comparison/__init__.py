"""Two policies side by side: what changed in the text's meaning, and what that does to a portfolio."""
