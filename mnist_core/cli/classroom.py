"""Open classes, list their digits, keep one as a file, delete."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from mnist_core.cli.terminal import Commands, count
from mnist_core.errors import InputError
from mnist_core.files import read_bounded, written_whole

if TYPE_CHECKING:
    from mnist_core.classroom import Store


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "classroom", help="open a class, list its digits, keep it as a file, delete it"
    )
    actions = command.add_subparsers(required=True, metavar="ACTION")

    def action(name: str, run: Callable[[argparse.Namespace], None], text: str) -> Parser:
        made = actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        made.set_defaults(command=run)
        return made

    action("new", new, "open a class and print its code").add_argument(
        "name", metavar="NAME", help="of the lesson, 1 to 80 characters"
    )
    action("list", everything, "list the classes")
    digits_of = action("digits", digits, "print a class's digits, one JSON object a line")
    digits_of.add_argument("code", metavar="CODE")
    digits_of.add_argument("--hidden", action="store_true", help="also those that are hidden")
    for name, run, text in (
        ("close", close, "let nobody join a class any more, and take nothing more"),
        ("reopen", reopen, "open a closed class again"),
    ):
        action(name, run, text).add_argument("code", metavar="CODE")
    kept = action("export", export, "write a class with all that belongs to it to one file")
    kept.add_argument("code", metavar="CODE")
    kept.add_argument("file", metavar="FILE", type=Path, help="ends in .zip")
    action("import", bring, "make a class of such a file and print its code").add_argument(
        "file", metavar="FILE", type=Path
    )
    gone = action("delete", delete, "delete a class, one of its members, or a digit, for good")
    gone.add_argument("code", metavar="CODE", nargs="?")
    gone.add_argument("--member", type=int, metavar="N", help="only this member")
    gone.add_argument("--digit", metavar="ID", help="only this digit")
    gone.add_argument("--all", action="store_true", help="all classes")


Parser = argparse.ArgumentParser


def opened() -> Store:
    """The classes of this machine; SQLAlchemy is loaded here, for which no other command waits."""
    from mnist_core import classroom

    return classroom.store()


def new(options: argparse.Namespace) -> None:
    print(opened().open_class(options.name).code)


def everything(_: argparse.Namespace) -> None:
    store = opened()
    table = Table(
        "code", "name", "opened", "state", "members", "digits", "will be deleted", box=None
    )
    for found in store.classes():
        counts = store.digit_counts(found.code)
        table.add_row(
            found.code,
            found.name,
            found.opened.astimezone().strftime("%Y-%m-%d %H:%M"),
            found.state,
            str(len(store.members(found.code))),
            f"{sum(counts.values()):,}",
            "" if found.expires is None else found.expires.astimezone().strftime("%Y-%m-%d"),
        )
    Console(highlight=False, markup=False, width=500).print(table)


def digits(options: argparse.Namespace) -> None:
    for digit in opened().digits(options.code, hidden=options.hidden):
        said = {name: getattr(digit, name) for name in ("id", "label", "guess", "member")}
        print(json.dumps(said))


def close(options: argparse.Namespace) -> None:
    opened().close(options.code)


def reopen(options: argparse.Namespace) -> None:
    opened().reopen(options.code)


def export(options: argparse.Namespace) -> None:
    from mnist_core import class_file

    content = class_file.save(options.code)
    with written_whole(options.file, make_folder=False) as beside:
        beside.write_bytes(content)


def bring(options: argparse.Namespace) -> None:
    from mnist_core import class_file

    try:
        content = read_bounded(options.file, class_file.LARGEST)
    except OSError as error:
        raise InputError(f"{options.file} cannot be read ({error.strerror}).") from error
    print(class_file.bring(content))


def delete(options: argparse.Namespace) -> None:
    store = opened()
    if options.all == (options.code is not None):
        raise InputError("Say which class to delete, or --all.")
    if options.all:
        store.delete_all()
    elif options.member is not None:
        gone = store.delete_member(options.code, options.member)
        print(f"{count(gone, 'digit')} deleted", file=sys.stderr)
    elif options.digit is not None:
        store.delete_digit(options.code, options.digit)
    else:
        store.delete_class(options.code)
