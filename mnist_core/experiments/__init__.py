"""Many training runs for one question: studies, reproductions, searches, on one machine or many."""
