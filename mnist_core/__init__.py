"""All that works without a browser: data, models, training, reading, measuring."""
