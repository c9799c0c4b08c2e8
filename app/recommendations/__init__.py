"""A dataset becomes a ranked list of architectures."""
