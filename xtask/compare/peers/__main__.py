"""Measures with other programs what movemeter measures: one JSON request a line, one JSON reply a line.

A request names a peer (`do`), a file of frames, windows and options; the reply has the seconds of one
measurement and, if asked for, what was found. `cargo xtask compare` talks to it.
"""

import contextlib
import json
import os
import sys
from importlib import metadata
from typing import Any, TextIO

from peers.grid import GRID_PEERS
from peers.other import OTHER_PEERS
from peers.peer import Peer, Task, timed

PEERS: dict[str, type[Peer]] = GRID_PEERS | OTHER_PEERS

PACKAGES = ["movemeter", "opencv-python", "pyvale", "scikit-image", "openpiv", "scipy", "numpy", "tifffile"]


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """The reply to a request; what a peer cannot do is its reason, not the end."""
    if request["do"] == "versions":
        versions = {name: metadata.version(name) for name in PACKAGES}
        return {"python": sys.version.split()[0], "packages": versions}
    try:
        task = Task.read(request)
        make = PEERS[request["do"]]
        peer, seconds = timed(make, task, request["at_least_s"])
        reply: dict[str, Any] = {"seconds": seconds}
        if request["wants_found"]:
            reply["found"] = peer.found()
        return reply
    except Exception as error:  # noqa: BLE001  Whatever went wrong is said in the document.
        return {"failed": f"{type(error).__name__}: {error}"}


def serve(requests: TextIO, replies: TextIO) -> None:
    """Answers until there are no more requests."""
    for line in requests:
        reply = answer(json.loads(line))
        print(json.dumps(reply), file=replies, flush=True)


def own_stdout() -> TextIO:
    """The standard output, out of reach of the peers: what they print goes to nowhere."""
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return replies


if __name__ == "__main__":
    with contextlib.closing(own_stdout()) as replies:
        serve(sys.stdin, replies)
