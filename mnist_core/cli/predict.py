"""Read the digit in an image file."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from mnist_core import drawing
from mnist_core.cli.terminal import Commands, console
from mnist_core.errors import InputError
from mnist_core.networks.startup import start_tensorflow


def add(commands: Commands) -> None:
    command = commands.add_parser("predict", help="read the digit in an image file")
    command.set_defaults(command=run)
    command.add_argument("image", metavar="IMAGE", type=Path, help="PNG, JPEG, WebP, …")
    command.add_argument("--run", metavar="RUN", help="default: the shipped default run")
    command.add_argument("--json", action="store_true", help="print the probabilities as JSON")


def run(options: argparse.Namespace) -> None:
    try:
        data = options.image.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read {options.image} ({error.strerror}).") from error
    image = drawing.from_image(drawing.read_image(data))
    if not image.any():
        raise InputError(f"There is no ink in {options.image}: give an image of a digit.")
    start_tensorflow()
    from mnist_core.networks import predictor

    probabilities = predictor.load(options.run).predict(image[None])[0]
    digit = int(probabilities.argmax())
    if options.json:
        answer = {
            "digit": digit,
            "confidence": round(float(probabilities[digit]), 6),
            "probabilities": [round(float(p), 6) for p in probabilities],
        }
        print(json.dumps(answer))
    else:
        console.print(f"{digit} ({probabilities[digit]:.1%})")
