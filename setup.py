"""What pyproject.toml cannot say: found packages, and those that lie elsewhere."""

from setuptools import find_packages, setup

setup(
    packages=[
        *find_packages(include=["mnist_core", "mnist_core.*"]),
        "mnist_core.shipped",
        "mnist_core.web",
    ],
    # In a checkout the shipped runs lie in `models`, what a browser runs in `web`:
    # `mnist_core.folders` and `mnist_core.javascript` find both.
    package_dir={"mnist_core.shipped": "models", "mnist_core.web": "web"},
)
