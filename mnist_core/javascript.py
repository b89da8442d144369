"""JavaScript modules joined into one script, for where a page cannot import them one by one.

A component of Streamlit's gets its JavaScript as one text, a worker made from a text has nothing
beside it to import, and a single HTML file is alone altogether. All others import the modules as
they are.

No parser is needed, for the modules keep to a few rules, which are checked here. What stands at
the start of a line is at the top level of a module (the formatter indents the rest). Imports name
what they want, without `as`; exports stand before a declaration; a declaration declares one name;
and no two modules that are joined declare the same name, since all names of a script are in one
scope. Nor must they declare what another takes from the browser, such as `name` or `fetch`: that
is not checked.

Comments on lines of their own are left out: a third of what a phone would load.
"""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
# What a browser runs without Streamlit: in a checkout, or where the package is installed.
WEB = next(p for p in (HERE / "web", HERE.parent / "web") if (p / "worker.js").is_file())

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]*)";\n+', re.MULTILINE)
_DECLARATION = re.compile(
    r"^(?P<export>export )?(?:async )?(?:function\*?|class|const|let|var)\s+(?P<name>[\w$]*)",
    re.MULTILINE,
)
_COMMENT = re.compile(r"^[ ]*(?:/\*\*?.*?\*/|//[^\n]*)[ ]*\n", re.MULTILINE | re.DOTALL)
_DEFAULT = re.compile(r"^export default ", re.MULTILINE)
_IMPORT_OR_EXPORT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def join(entry: Path) -> str:
    """Join a module and all that it imports, each once, after what it imports itself.

    Args:
        entry: the module that a page would import. Its own exports stay: the result is a module
            if there are any, and can be a plain script otherwise.

    Returns:
        The script, the same for the same files.

    Raises:
        ValueError: a module breaks a rule, or imports what the other does not export; modules
            import each other in a circle; two declare the same name; or one holds `</script`,
            which would end the element of HTML that the script is put in.
        FileNotFoundError: a module is not there.
    """
    script = _Script()
    script.add(entry.resolve(), ())
    return '"use strict";\n' + "".join(script.parts)


class _Script:
    """A script as it grows."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.exports: dict[Path, set[str]] = {}  # names that each module exports
        self.owners: dict[str, Path] = {}  # which module declares a name

    def add(self, path: Path, importers: tuple[Path, ...]) -> None:
        """Add a module, and before it those that it imports; none of them twice.

        Args:
            importers: the modules that import each other down to this one, from the entry on.
        """
        if path in importers:
            raise ValueError(f"{path.name} imports itself, by way of {importers[-1].name}.")
        if path in self.exports:
            return
        code = _COMMENT.sub("", path.read_text(encoding="utf-8"))
        for listed, address in _IMPORT.findall(code):
            source = (path.parent / address).resolve()
            self.add(source, (*importers, path))
            wanted = {name.strip() for name in listed.split(",")} - {""}
            if missing := wanted - self.exports[source]:
                names = ", ".join(sorted(missing))
                raise ValueError(f"{path.name} imports {names}, not exported by {source.name}.")
        code = _IMPORT.sub("", code)
        self.exports[path] = self._declare(path, code)
        plain = _DECLARATION.sub(lambda found: found[0].removeprefix("export "), code)
        if left := _IMPORT_OR_EXPORT.search(plain if importers else _DEFAULT.sub("", plain)):
            raise ValueError(f"{path.name} cannot be joined: {left[0]}")
        if "</script" in code:
            raise ValueError(f"{path.name} would end the element that it is put in: </script")
        self.parts.append(f"\n// {path.name}\n\n{plain if importers else code}")

    def _declare(self, path: Path, code: str) -> set[str]:
        """Note what a module declares; what it exports of that."""
        exported = set()
        for declaration in _DECLARATION.finditer(code):
            name = declaration["name"]
            if not name:
                raise ValueError(f"{path.name} declares more than one name: {declaration[0]}…")
            if name in self.owners:
                raise ValueError(f"{path.name} declares {name}, as {self.owners[name].name} does.")
            self.owners[name] = path
            if declaration["export"]:
                exported.add(name)
        return exported
