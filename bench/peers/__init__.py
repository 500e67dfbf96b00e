"""The same stack, made by other means. Nothing in here uses tapctl."""
