"""Messages: what a template may read, the templates, and what becomes of them as text, page and letter."""
