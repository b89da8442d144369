"""Where the runs that ship with the program lie, and where those trained here are written.

In a checkout both are the folder `models` beside the package. An installation has the shipped
runs within the package, where nothing of the user's belongs; theirs go to the folder in which
the platform keeps a user's data, which is the same wherever a command is started:

    Linux      ~/.local/share/mnist-canvas/models
    macOS      ~/Library/Application Support/mnist-canvas/models
    Windows    %LOCALAPPDATA%\\mnist-canvas\\models
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

PACKAGE = Path(__file__).resolve().parent
INSTALLED = PACKAGE / "shipped"  # is there in an installation alone


def shipped_dir() -> Path:
    """The folder of the shipped runs."""
    return INSTALLED if INSTALLED.is_dir() else PACKAGE.parent / "models"


def models_dir(shipped: Path) -> Path:
    """The folder of the user's own runs: `MODELS_DIR`, or the usual one.

    Args:
        shipped: the folder of the shipped runs.
    """
    given = os.environ.get("MODELS_DIR")
    if given:
        return Path(given).expanduser()
    if shipped != INSTALLED:
        return shipped
    return platformdirs.user_data_path("mnist-canvas", appauthor=False) / "models"
