"""A chosen architecture becomes a classifier that can be tried and called."""
