"""The command line: one file a command, with its arguments (`add`) and what it does (`run`)."""

from mnist_core.cli.entry import main

__all__ = ["main"]
