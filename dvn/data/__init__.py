"""A CSV becomes a dataset, and a dataset becomes three parts."""
