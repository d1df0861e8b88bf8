"""One value, many reporters: terminal, JSON, generated documents."""
