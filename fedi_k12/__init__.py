"""A federated community server for K-12 education."""

__version__ = "0.1.0"
