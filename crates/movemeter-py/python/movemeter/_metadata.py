"""What files note beside their pixels, as programs that show Exif give it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Optional, Union

from . import _native
from ._stack import Stack

#: Text, or a list of numbers; fractions are exact.
Values = Union[str, list[Any]]


class Tag:
    """One tag.

    Attributes
    ----------
    values : str or list
        Text as it stands, or a list of numbers: ``int``, ``float``, or ``fractions.Fraction``.
    printable : str
        The same to be read; of a list with one number, that number. ``str(tag)`` is this.
    """

    __slots__ = ("printable", "values")

    def __init__(self, values: Values) -> None:
        self.values = values
        if isinstance(values, str):
            self.printable = values
        else:
            shown = [str(value) for value in values]
            self.printable = shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"

    def __str__(self) -> str:
        return self.printable

    def __repr__(self) -> str:
        return f"<Tag {self.printable!r}>"


def tags_of(stack: Stack, number: int, place: Optional[tuple[str, int]]) -> dict[str, Tag]:
    """The tags of a frame's page or picture; what the recording says of itself where its file has none.

    `place` is the frame's file and its number in it, if the stack does not know them.
    """
    place = place or stack._source.place(stack.frames[number])
    tags = {} if place is None else dict(_native.tags(*place))
    if not tags:
        height, width = stack.shape[1:]
        about = {f"Image {name}": value for name, value in stack.metadata.items()}
        tags = {"Image ImageWidth": [width], "Image ImageLength": [height], **about}
    return {name: Tag(_values(values)) for name, values in tags.items()}


def _values(values: Values) -> Values:
    if isinstance(values, str):
        return values
    return [_fraction(*value) if isinstance(value, tuple) else value for value in values]


def _fraction(above: int, below: int) -> Union[Fraction, float]:
    """Nothing through nothing says that it is not known."""
    return Fraction(above, below) if below else float("nan") if above == 0 else float("inf")
