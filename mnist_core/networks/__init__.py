"""A recipe made a Keras model, read fast, and handed to a browser."""
