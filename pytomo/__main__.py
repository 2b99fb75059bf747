"""`python -m pytomo` is the command `pytomo`."""

import sys

from pytomo.cli import main

if __name__ == "__main__":
    sys.exit(main())
