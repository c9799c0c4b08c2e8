"""Many architectures on many tasks: what was run, and what came out."""
