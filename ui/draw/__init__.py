"""The sections of the page on which digits are drawn."""
