"""What can go wrong, and what should be known of a result.

:class:`Error` stands above all errors of movemeter. Each is also one of Python's own, so that
``except ValueError`` and ``except OSError`` do what one expects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from ._tracks import Tracks

__all__ = [
    "Error", "SettingError", "FileError", "MissingFileError", "UnmeasuredError", "Stopped",
    "MeasuringWarning",
]


class Error(Exception):
    """Anything that movemeter refuses or cannot do."""


class SettingError(Error, ValueError):
    """An argument that cannot be as it is. The message names it, and says what it may be."""


class FileError(Error, OSError):
    """A file that cannot be read or written. The message says which, and why."""


class MissingFileError(FileError, FileNotFoundError):
    """A file or folder that is not there."""


class UnmeasuredError(Error, ValueError):
    """Frames whose motion could not be measured, and has to be known. The message names them.

    ``tracks`` says of each why.
    """

    #: What was measured.
    tracks: Optional[Tracks]

    def __init__(self, message: str = "", tracks: Optional[Tracks] = None) -> None:
        super().__init__(message)
        self.tracks = tracks


class Stopped(KeyboardInterrupt):
    """Ctrl-C while measuring. What was measured until then is kept.

    Also where ``progress`` returned False and nothing can be made of a part.

    In an interactive session it is ``sys.last_value.tracks``.
    """

    #: What was measured before the stop; None if that is nothing.
    tracks: Optional[Tracks]

    def __init__(self, message: str = "", tracks: Optional[Tracks] = None) -> None:
        super().__init__(message)
        self.tracks = tracks


class MeasuringWarning(UserWarning):
    """Something was adjusted, or should be known of the recording or the result."""
