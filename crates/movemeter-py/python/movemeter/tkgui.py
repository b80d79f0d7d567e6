"""The program with windows, started as movemeter 0.7 started its own: ``python -m movemeter.tkgui``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from .errors import MissingFileError

#: The program.
NAME = "movemeter-gui"


def main() -> int:
    """Starts ``movemeter-gui`` with this program's arguments, and waits until it is closed.

    Returns
    -------
    int
        Its exit code, 0 if all went well.

    Raises
    ------
    FileNotFoundError
        If there is no such program beside Python or on the path.
    """
    return subprocess.call([_program(), *sys.argv[1:]])


def _program() -> str:
    """Where the program is: beside Python, as in a virtual environment, or else on the path."""
    beside = os.path.dirname(os.path.abspath(sys.executable))
    program = shutil.which(NAME, path=beside) or shutil.which(NAME)
    if program is None:
        raise MissingFileError(
            f"{NAME} is not here: it is neither in {beside} nor on the path. The program with windows is a "
            "part of the movemeter project that is installed by itself; install it so that the path leads to "
            "it. Everything else in this package works without it"
        )
    return program


if __name__ == "__main__":
    try:
        sys.exit(main())
    except MissingFileError as error:
        sys.exit(str(error))
