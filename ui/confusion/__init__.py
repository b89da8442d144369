"""The sections of the page that shows where a run errs."""
