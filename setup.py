"""What pyproject.toml cannot say: the documents of docs/ are installed as pytomo.documents."""

from setuptools import find_namespace_packages, setup

setup(
    packages=[*find_namespace_packages(include=["pytomo*"]), "pytomo.documents"],
    package_dir={"pytomo.documents": "docs"},
)
