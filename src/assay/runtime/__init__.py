"""Between a project and its report: the data stage, strategies in processes of their own, costs,
plans, events."""
