"""Types that JSON is decoded into, looked at by msgspec before two threads can use them at once.

msgspec finds out what a type's fields hold when it first decodes one, and keeps that with the type
before it is complete. A second thread that decodes one at that moment reads what is not there yet,
and the process ends with a segmentation fault (seen with msgspec 0.22). Modules are imported by one
thread only.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

T = TypeVar("T")


def decoded(kind: type[T]) -> type[T]:
    """Decorates a type that JSON is decoded into; those of its fields stand above it."""
    msgspec.json.Decoder(kind)
    return kind
