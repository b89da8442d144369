"""What the pages share: cached resources, the active run, the canvas."""
