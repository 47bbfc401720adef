"""What was accepted."""
