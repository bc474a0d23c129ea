"""What the jobs at one site have in common in their configs."""
