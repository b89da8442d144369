"""A run.json read and changed by hand, past the program."""

import json

import msgspec

from mnist_core import runs


def as_json(run):
    """What lies in a run's run.json."""
    return json.loads((run.path / "run.json").read_text())


def write_json(path, values):
    """Put anything into the run.json of a directory."""
    (path / "run.json").write_bytes(msgspec.json.encode(values))


def rewrite(run, **changes):
    """Change entries of a run's run.json (None takes an entry away) and read it again."""
    values = {k: v for k, v in {**as_json(run), **changes}.items() if v is not None}
    write_json(run.path, values)
    return runs.read(run.path)
