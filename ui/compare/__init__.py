"""The sections of the page that compares: documents, runs, choices, and a search."""
