"""The sections of the page that leads a class through a lesson."""
