"""Looks inside a network: the page `/inside`."""
