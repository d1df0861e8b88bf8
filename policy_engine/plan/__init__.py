"""The action plan: actions, outcomes, alerts, problems, summary; its canonical form and identity."""
