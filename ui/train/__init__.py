"""The sections of the page on which networks are trained."""
