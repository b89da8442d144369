"""HTML from the templates of this package, in which whatever is put in is escaped."""

from __future__ import annotations

import functools

import jinja2


@functools.cache
def environment() -> jinja2.Environment:
    """The templates; a name that they use and are not given is an error."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("mnist_core.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
