"""A file a person sends becomes a dataset."""
