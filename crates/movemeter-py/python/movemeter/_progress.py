"""Who is told how far the work is."""

from __future__ import annotations

import sys
from typing import Any, Callable, Optional, Union

from .errors import SettingError

#: Called with the stage, how many frames are done, and of how many. Returning False stops.
Progress = Callable[[str, int, int], Any]
ProgressLike = Union[None, bool, Progress, Any]


def as_progress(progress: ProgressLike, unit: str = "frame") -> Optional[Progress]:
    """Something that can be called: True is a bar of tqdm, or a line without it; a bar is moved on."""
    if progress is None or progress is False:
        return None
    if progress is True:
        return _bar(unit)
    if hasattr(progress, "update") and hasattr(progress, "total"):
        return Bar(progress)
    if callable(progress):
        call: Progress = progress
        return call
    raise SettingError(
        "progress must be True, a function of (stage, done, total), or a bar of tqdm, but is "
        f"{progress!r}"
    )


def _bar(unit: str) -> Progress:
    try:
        from tqdm.auto import tqdm  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError:
        return _line
    return Bar(tqdm(unit=unit), is_own=True)


def _line(stage: str, done: int, total: int) -> None:
    print(f"\r{stage} {done}/{total}", end="\n" if done == total else "", file=sys.stderr, flush=True)


#: Stages after which nothing comes.
_LAST = ("measuring", "writing")


class Bar:
    """Moves a bar of tqdm on."""

    def __init__(self, bar: Any, is_own: bool = False) -> None:
        self._bar = bar
        self._is_own = is_own
        self._stage = ""

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage:
            self._stage = stage
            self._bar.reset(total)
            if self._is_own:
                self._bar.set_description(stage)
        self._bar.update(done - self._bar.n)
        if self._is_own and done == total and stage in _LAST:
            self._bar.close()
