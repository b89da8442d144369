"""The sections of the page that shows what a dataset holds."""
