"""What is written in Rust. The package around it is what one uses."""

from os import PathLike
from typing import Any, Optional, Union, final

import numpy as np

__all__ = [
    "check_blocks",
    "check_output",
    "columns",
    "grid",
    "hash_inputs",
    "load",
    "measure",
    "measure_block",
    "measure_brightness",
    "measure_motion",
    "read_ahead",
    "read_recipe",
    "read_rois",
    "relative_brightness",
    "roi07_circle",
    "roi07_ellipse",
    "roi07_grid",
    "roi07_line",
    "roi07_ring",
    "save",
    "Source",
    "stabilized",
    "STATUS",
    "tags",
    "unmeasured",
    "unrest",
    "VERSION",
    "write_stack",
]

VERSION: str
STATUS: list[str]

_Path = Union[str, PathLike[str]]
_Rois = tuple[list[str], list[tuple[int, list[int]]]]

@final
class Source:
    @staticmethod
    def open(
        paths: list[str],
        channel: Optional[int] = None,
        z: Optional[int] = None,
        ffmpeg: Optional[_Path] = None,
    ) -> Source: ...
    @staticmethod
    def of_array(
        frames: Any,
        shape: tuple[int, int, int],
        pixel_type: str,
        numbers: Optional[list[int]] = None,
    ) -> Source: ...
    @property
    def shape(self) -> tuple[int, int, int]: ...
    @property
    def name(self) -> str: ...
    @property
    def pixel_type(self) -> str: ...
    @property
    def frame_rate_hz(self) -> Optional[float]: ...
    @property
    def pixel_size_um(self) -> Optional[float]: ...
    @property
    def exposure_s(self) -> Optional[float]: ...
    def times_s(self) -> np.ndarray[Any, Any]: ...
    def metadata(self) -> dict[str, str]: ...
    def doubts(self) -> list[str]: ...
    def place(self, index: int) -> Any: ...
    def read(self, index: int) -> np.ndarray[Any, Any]: ...

def measure(
    source: Source, rois: Optional[_Rois], settings: dict[str, Any], running: dict[str, Any]
) -> tuple[dict[str, Any], Optional[BaseException]]: ...
def measure_brightness(
    source: Source, rois: _Rois, settings: dict[str, Any], running: dict[str, Any]
) -> np.ndarray[Any, Any]: ...
def check_blocks(
    source: Source, rois: _Rois, settings: dict[str, Any], keep_going: bool
) -> dict[str, Any]: ...
def hash_inputs(source: Source) -> list[Any]: ...
def read_ahead(
    source: Source,
    frames: tuple[int, int, int],
    window: list[int],
    shared: dict[str, Any],
    threads: Optional[int],
) -> dict[str, Any]: ...
def measure_block(
    source: Source,
    place: dict[str, Any],
    shared: dict[str, Any],
    ahead: dict[str, Any],
    threads: Optional[int],
) -> tuple[dict[str, Any], Optional[str]]: ...
def relative_brightness(mode: str, means: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]: ...
def grid(within: list[int], window: tuple[int, int], step: float) -> np.ndarray[Any, Any]: ...
def read_rois(
    path: _Path, frame_size: Optional[tuple[int, int]]
) -> dict[str, np.ndarray[Any, Any]]: ...
def read_recipe(
    path: _Path, frame_size: tuple[int, int]
) -> tuple[str, Optional[int], Optional[int]]: ...
def save(parts: dict[str, Any], path: _Path) -> None: ...
def load(path: _Path) -> dict[str, Any]: ...
def columns(parts: dict[str, Any]) -> list[tuple[str, Any]]: ...
def write_stack(
    source: Source,
    frames: tuple[int, int, int],
    path: _Path,
    threads: Optional[int] = None,
    progress: Any = None,
) -> None: ...
def check_output(source: Source, n_frames: int, path: _Path) -> None: ...
def tags(path: _Path, page: int) -> Any: ...
def measure_motion(
    source: Source, roi: Any, wanted: Any, settings: dict[str, Any], running: dict[str, Any]
) -> Any: ...
def unmeasured(motion: dict[str, Any]) -> list[tuple[int, str]]: ...
def unrest(motion: dict[str, Any], wanted: Any) -> Any: ...
def stabilized(source: Source, frames: Any, motion: dict[str, Any], wanted: Any) -> Source: ...
def roi07_grid(blocks: Any) -> Any: ...
def roi07_ellipse(blocks: Any, ring: Optional[float], filled: bool) -> Any: ...
def roi07_line(ends: Any, distance: float, block: Any, step: float) -> Any: ...
def roi07_ring(blocks: Any, circle: Any, ring: Optional[float], sector: Any) -> Any: ...
def roi07_circle(points: Any) -> tuple[tuple[float, float], float]: ...
