"""From the syntax model to `policy.resolved.Policy`: references checked, expressions typed, defaults filled."""
