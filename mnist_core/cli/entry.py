"""The way in: parse the arguments, run the command, say what was wrong."""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn

from mnist_core.cli import (
    classroom,
    ensemble,
    evaluate,
    export,
    predict,
    report,
    reproduce,
    resume,
    runs,
    search,
    study,
    train,
    work,
)
from mnist_core.cli.terminal import PROGRAM
from mnist_core.errors import InputError

# In the order in which `--help` lists them.
COMMANDS = (
    train,
    resume,
    work,
    export,
    ensemble,
    evaluate,
    predict,
    runs,
    report,
    reproduce,
    study,
    search,
    classroom,
)


def main(argv: list[str] | None = None) -> int:
    """Run a command; the exit status is 0, or 2 after one clear line on bad input."""
    arguments = sys.argv[1:] if argv is None else argv
    options = parser().parse_args(arguments)
    options.arguments = arguments  # as typed, for what quotes them
    try:
        options.command(options)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0


class Parser(argparse.ArgumentParser):
    """Refuses an argument in one line, as everything else is refused."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message} (see {self.prog} --help)\n")


def parser() -> argparse.ArgumentParser:
    """The parser of all commands; each sets `command` to the function that carries it out."""
    parser = Parser(prog=PROGRAM, description="Train, evaluate and use networks that read digits.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser
