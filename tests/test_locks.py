"""What is installed: every requirement is in a lock, in a version that fits, with hashes."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent


def wanted(name):
    """The requirements in a file, and in those that it refers to."""
    for line in (ROOT / name).read_text().splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("-r "):
            yield from wanted(text.removeprefix("-r "))
        elif text:
            yield Requirement(text)


def locked(name):
    """The version of each package in a lock, by its name."""
    text = (ROOT / name).read_text()
    return dict(re.findall(r"^([\w.-]+)==([\w.+!]+)", text, re.MULTILINE))


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_a_lock_holds_whatever_is_required(name):
    found = locked(f"{name}.lock")
    for requirement in wanted(f"{name}.txt"):
        version = found[re.sub(r"[._-]+", "-", requirement.name).lower()]
        assert requirement.specifier.contains(version), requirement


def test_every_package_has_hashes_and_no_host():
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        entries = re.split(r"^(?=\w)", text, flags=re.MULTILINE)[1:]
        assert len(entries) == len(re.findall(r"^[\w.-]+==", text, re.MULTILINE))
        assert all("--hash=sha256:" in entry for entry in entries)
        assert "://" not in text


def test_what_the_application_runs_with_is_what_the_tests_try():
    assert locked("requirements.lock").items() <= locked("requirements-dev.lock").items()
