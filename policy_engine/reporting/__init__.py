"""What a command found, as one value; a module a format renders it for people, editors and CI."""
