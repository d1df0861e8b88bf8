"""What a policy would do that its author can't have meant, each finding with a customer that shows it."""
