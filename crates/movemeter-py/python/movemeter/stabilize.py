"""Takes the motion out of recordings: what movemeter 0.7 had under this name.

``movemeter.stabilize(stack)`` gives a recording whose frames are moved back when they are read; that is the
function to use. ``movemeter.stabilize.stabilize_xy``, ``stabilize_rot`` and ``stabilize`` are those of
movemeter 0.7: they read a file and write a file, and ``python -m movemeter.stabilize`` does the same.
"""

from __future__ import annotations

import argparse
import inspect
import math
import os
import sys
import types
import warnings
from typing import Any, Callable, Optional, Union

import numpy as np

from . import _native, _stabilize
from ._measure import _settings
from ._progress import ProgressLike, _line
from ._stabilize import Stabilized
from ._stack import PathLike, Stack, StackLike, open
from .errors import Error, SettingError, UnmeasuredError

__all__ = ["stabilize", "stabilize_rot", "stabilize_xy"]

#: What settings are called here.
_NAMES = {
    "apply_to": "mediary_fn",
    "enlargement": "final_upscaling",
    "max_displacement": "max_movement",
    "path": "output_fn",
    "stack": "input_fn",
}


_WAY_OUT = (
    "try first as the reference instead of the mean, which is blurred by what moves far, another roi, or a "
    "larger max_movement; movemeter.stabilize(stack, keep_unmeasured=True) leaves such frames as they are"
)


def stabilize_xy(
    input_fn: StackLike,
    roi: Any,
    output_fn: PathLike,
    mediary_fn: Optional[StackLike] = None,
    upscaling: Optional[float] = None,
    final_upscaling: Optional[float] = None,
    *,
    max_movement: Optional[float] = None,
    reference: Union[str, int] = "mean",
) -> None:
    """Writes a recording with its translation taken out; see :func:`stabilize`."""
    _write(
        "translation", input_fn, roi, output_fn, mediary_fn, upscaling, final_upscaling, max_movement,
        None, reference,
    )


def stabilize_rot(
    input_fn: StackLike,
    roi: Any,
    output_fn: PathLike,
    mediary_fn: Optional[StackLike] = None,
    upscaling: Optional[float] = None,
    final_upscaling: Optional[float] = None,
    *,
    max_movement: Optional[float] = None,
    max_rotation: Optional[float] = None,
    reference: Union[str, int] = "mean",
) -> None:
    """Writes a recording with its rotation taken out, about where the content is; see :func:`stabilize`."""
    _write(
        "rotation", input_fn, roi, output_fn, mediary_fn, upscaling, final_upscaling, max_movement,
        max_rotation, reference,
    )


def stabilize(
    input_fn: StackLike,
    roi: Any,
    output_fn: PathLike,
    mediary_fn: Optional[StackLike] = None,
    upscaling: Optional[float] = None,
    final_upscaling: Optional[float] = None,
    *,
    max_movement: Optional[float] = None,
    max_rotation: Optional[float] = None,
    reference: Union[str, int] = "mean",
) -> None:
    """Writes a recording with its rotation and translation taken out.

    Parameters
    ----------
    input_fn : str, Path, or whatever :func:`movemeter.open` opens
        The recording that is measured.
    roi : (x, y, w, h) or None
        The window that shall stand still; fractions are cut off. None: the central three fifths of the frame.
    output_fn : str or Path
        A TIFF (``.tif``, ``.tiff``). Pixels of 8 and 16 bits are written with 16, others in single precision,
        which keeps their values.
    mediary_fn : as input_fn, optional
        Another recording, which is moved and written instead. It has as many frames of the same size.
    upscaling : float, optional
        Has no effect: motion is measured between pixels, more exactly than by enlarging. 0.7 enlarged both
        pictures before matching them.
    final_upscaling : float, optional
        How many times larger the frames are written, 0.1 to 32. They are moved back first, on splines, then
        enlarged bilinearly.
    max_movement : float, optional
        Farthest that the window moves in x or y, px.
    max_rotation : float, optional
        All angles that are looked for, degrees: 10 is 5 to either side.
    reference : "mean", "first", "previous", "keyframe" or int
        What is measured against, and moved back to. 0.7 had the mean of all frames, which is blurred where they
        move far.

    Raises
    ------
    ValueError
        For an argument that cannot be, which the message names, and for frames whose motion could not be
        measured (:class:`movemeter.UnmeasuredError`).
    FileNotFoundError, OSError
        For files that are not there, or cannot be read or written.
    """
    _write(
        "both", input_fn, roi, output_fn, mediary_fn, upscaling, final_upscaling, max_movement,
        max_rotation, reference,
    )


def _write(
    correction: str,
    input_fn: StackLike,
    roi: Any,
    output_fn: PathLike,
    mediary_fn: Optional[StackLike],
    upscaling: Optional[float],
    final_upscaling: Optional[float],
    max_movement: Optional[float],
    max_rotation: Optional[float],
    reference: Union[str, int],
    progress: ProgressLike = None,
) -> Stabilized:
    """Writes what was asked for under the names of 0.7; gives what was written."""
    _check_number("upscaling", upscaling)
    turns = _check_number("max_rotation", max_rotation, 360.0)
    try:
        stack, moved = _opened(input_fn, mediary_fn, output_fn)
        settings = {
            "reference": reference,
            "max_displacement": max_movement,
            "max_rotation": None if turns is None else turns / 2,
        }
        wanted = {"correction": correction, "enlargement": final_upscaling, "threads": None}
        still = _made(stack, moved, _window(roi, stack), settings, wanted, progress)
        still.save(output_fn, progress=progress)
    except SettingError as error:
        raise _renamed(error) from None
    return still


def _opened(
    input_fn: StackLike, mediary_fn: Optional[StackLike], output_fn: PathLike
) -> tuple[Stack, Stack]:
    """What is measured and what is moved; raises where the output could not be written."""
    output = os.fspath(output_fn)
    if not output.lower().endswith((".tif", ".tiff")):
        raise SettingError(f"output_fn must end in .tif or .tiff, but is {output!r}")
    stack = open(input_fn)
    moved = stack if mediary_fn is None else _stabilize.like(stack, mediary_fn)
    for source in {stack._source, moved._source}:
        _native.check_output(source, len(moved), output)
    return stack, moved


def _made(
    stack: Stack,
    moved: Stack,
    roi: Any,
    settings: dict[str, Any],
    wanted: dict[str, Any],
    progress: ProgressLike,
) -> Stabilized:
    """Frames moved back, of 16 bits if they were recorded with 8."""
    settings = _settings(stack, (), settings)
    motion = _stabilize.measure_motion(stack, roi, wanted, settings, progress)
    lost = _native.unmeasured(motion._parts)
    if lost:
        raise UnmeasuredError(f"{_stabilize.unmeasured(lost)}; {_WAY_OUT}", motion)
    still = Stabilized(moved, motion, wanted)
    if still.dtype == "uint8":
        still = Stabilized(moved, motion, {**wanted, "dtype": "uint16"})
    return still


def _window(roi: Any, stack: Stack) -> Any:
    """The central three fifths if there is none."""
    if roi is None:
        _, height, width = stack.shape
        return (width // 5, height // 5, width - 2 * (width // 5), height - 2 * (height // 5))
    try:
        return np.trunc(np.asarray(roi, dtype=np.float64))
    except (TypeError, ValueError):
        return roi


def _check_number(name: str, value: Any, most: float = float("inf")) -> Optional[float]:
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not 0 < number <= most or isinstance(value, bool):
        limit = "" if most == float("inf") else f" and at most {most:g}"
        raise SettingError(f"{name} must be None or a number greater than 0{limit}, but is {value!r}")
    return number


def _renamed(error: Exception) -> Exception:
    """The same with the argument's name here."""
    name, separator, rest = _parted(str(error))
    return SettingError(f"{_NAMES.get(name, name)}{separator}{rest}")


def _parted(message: str) -> tuple[str, str, str]:
    """The argument that a message begins with, what follows it, and the rest."""
    for separator in (" must ", ": "):
        name, found, rest = message.partition(separator)
        if found and name.isidentifier():
            return name, separator, rest
    return "", "", message


class CallableModule(types.ModuleType):
    """This module, which can be called: ``movemeter.stabilize(stack)``."""

    __call__ = staticmethod(_stabilize.stabilize)
    # What checkers of types are to know of it.
    stabilize = staticmethod(stabilize)
    stabilize_rot = staticmethod(stabilize_rot)
    stabilize_xy = staticmethod(stabilize_xy)

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(_stabilize.stabilize)


sys.modules[__name__].__class__ = CallableModule


# The program.

_ABOUT = """\
Writes a recording with its motion taken out: rotation and translation, measured by one window that shall
stand still. It takes what movemeter 0.7's program of this name took;
the command `movemeter stabilize` can do more."""

_MORE = """\
Pixels of 8 and 16 bits are written with 16, others in single precision. Frames whose motion cannot be
measured are an error that names them.

example:
  python -m movemeter.stabilize fly.tif still.tif -r 130,500,133,114 --max-movement 30 --max-rotation 20

exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped with Ctrl-C"""


def main(arguments: Optional[list[str]] = None) -> int:
    """Runs the program; gives its exit code."""
    given = _parser().parse_args(arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        setattr(warnings, "showwarning", _warn)
        try:
            still = _write(
                "both", given.input, given.roi, given.output, given.mediary, given.upscaling,
                given.final_upscaling, given.max_movement, given.max_rotation, given.reference,
                progress=_line if sys.stderr.isatty() else None,
            )
        except KeyboardInterrupt:
            return _failed("stopped; nothing is written", 130)
        except SettingError as error:
            return _failed(_as_typed(str(error)), 2)
        except (Error, OSError) as error:
            return _failed(str(error), 1)
    sys.stdout.write(_summary(still, given.output))
    return 0


def _reference(text: str) -> Union[str, int]:
    return int(text) if text.isdecimal() else text


def _rect(text: str) -> list[float]:
    try:
        x, y, width, height = (float(side) for side in text.split(","))
    except ValueError:
        message = f"must be X,Y,W,H with four numbers, as in 100,80,64,64, but is {text!r}"
        raise argparse.ArgumentTypeError(message) from None
    return [x, y, width, height]


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number greater than 0, but is {text!r}")
    return number


#: Names, what stands for the value, what reads it, and what is said of it.
_OPTIONS: tuple[tuple[tuple[str, ...], str, Callable[[str], Any], str], ...] = (
    (("input",), "INPUT", str, "the recording that is measured: a file or a folder of images"),
    (("output",), "OUTPUT", str, "the TIFF that is written (.tif, .tiff)"),
    (
        ("-m", "--mediary"), "FILE", str,
        "move and write this recording instead, of as many frames of the same size",
    ),
    (
        ("-r", "--roi"), "X,Y,W,H", _rect,
        "window that shall stand still, px (default: the central three fifths)",
    ),
    (
        ("-u", "--upscaling"), "N", _positive,
        "accepted, without effect: motion is measured between pixels anyway",
    ),
    (
        ("-U", "--final-upscaling"), "N", _positive,
        "write the frames N times larger, enlarged bilinearly (0.1 to 32)",
    ),
    (("--max-movement",), "N", _positive, "farthest that the window moves, px (default: anywhere)"),
    (
        ("--max-rotation",), "N", _positive,
        "range of angles that are looked for, degrees: 10 is 5 to either side (default: all)",
    ),
    (
        ("--reference",), "WORD", _reference,
        "what is measured against: mean, first, previous, keyframe or a frame's number (default: mean)",
    ),
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m movemeter.stabilize", description=_ABOUT, epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for names, metavar, read, told in _OPTIONS:
        parser.add_argument(*names, metavar=metavar, type=read, help=told)
    parser.set_defaults(reference="mean")
    return parser


def _as_typed(message: str) -> str:
    """The same message with the name of the argument as it is typed here."""
    name, separator, rest = _parted(message)
    places = {"input_fn": "INPUT", "output_fn": "OUTPUT", "mediary_fn": "--mediary"}
    return f"{places.get(name, '--' + name.replace('_', '-'))}{separator}{rest}" if name else message


def _failed(message: str, code: int) -> int:
    sys.stderr.write(f"error: {message}\n")
    return code


def _warn(message: object, *_: object) -> None:
    sys.stderr.write(f"warning: {message}\n")


def _summary(still: Stabilized, output: str) -> str:
    *_, wanted = still._made_of
    rms, most, error, angle, _ = _native.unrest(still.motion._parts, wanted)
    n_frames, height, width = still.shape
    turned = math.degrees(angle)
    return (
        f"motion before: rms {rms:.4f} px, at most {most:.4f} px, turned at most {turned:.4f} deg\n"
        f"error bars:    rms {error:.4f} px (all of the window's corners)\n"
        f"{n_frames} frames of {width} x {height} px -> {output}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
