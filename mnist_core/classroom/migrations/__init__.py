"""How the database of classes became what it is: one file a change in `versions/`, by Alembic."""
