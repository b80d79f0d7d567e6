"""Where movemeter 0.7 kept its own files."""

from __future__ import annotations

import os

#: ``~/.movemeter``, on Windows ``~/Movemeter``. It is not made by importing this, and nothing here writes to
#: it.
MOVEDIR = os.path.join(os.path.expanduser("~"), "Movemeter" if os.name == "nt" else ".movemeter")
