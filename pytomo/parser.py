"""How all commands read their command lines."""

import argparse
from typing import NoReturn

from pytomo.errors import UsageError


class Parser(argparse.ArgumentParser):
    """An argument parser that complains in one line."""

    def error(self, message: str) -> NoReturn:
        """Raises UsageError."""
        raise UsageError(f"{message} (see {self.prog} --help)")
