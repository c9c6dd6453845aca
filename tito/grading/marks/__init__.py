"""From the gradebook to whoever wants the marks."""
