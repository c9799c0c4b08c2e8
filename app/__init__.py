"""The service: upload a dataset, get a recommendation, train and use a classifier."""
