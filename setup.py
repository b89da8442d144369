"""What pyproject.toml cannot say: found packages, and one that lies elsewhere."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["mnist_core", "mnist_core.*"]), "mnist_core.shipped"],
    # In a checkout the shipped runs lie in `models`; `mnist_core.runs.shipped` finds both.
    package_dir={"mnist_core.shipped": "models"},
)
