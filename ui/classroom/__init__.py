"""The room behind the page of a class: what the teacher sees and does."""
