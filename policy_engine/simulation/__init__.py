"""What-if over time: plan, execute virtually, let customers behave, next day."""
