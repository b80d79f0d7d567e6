"""The settings of a measurement as fields to fill in."""

from __future__ import annotations

from typing import Any, Optional

from qtpy.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QFormLayout, QWidget

from .._measure import DEFAULT_MIN_SCORE


class Settings(QWidget):
    """The keyword arguments of :func:`movemeter.measure` that most measurements need."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._choice(
            "reference", "Count from", ("first", "previous", "mean", "keyframe"),
            "The frame that displacements count from: the first; the one before, summed up; the mean of all; "
            "or the first, taken anew where the content changes its look",
        )
        self._check("follow", "Follow content", "Where the reference's content is now. If not: where the window's present content was")
        self._number(
            "max_displacement", "Farthest, px", 0.0, (0.0, 10_000.0),
            "How far content may be from its place in the reference. Smaller is faster and surer",
        ).setSpecialValueText("anywhere")
        self._choice(
            "model", "Content may", ("translation", "rigid", "affine"),
            "Only move (translation), turn too (rigid), or deform too (affine)",
        )
        self._number("blur", "Blur, px", 0.0, (0.0, 50.0), "Standard deviation of a Gaussian blur before matching")
        self._choice("background", "Take off", ("nothing", "min", "mean"), "What of all frames is taken off each before matching")
        self._number(
            "min_score", "Least score", DEFAULT_MIN_SCORE, (-1.0, 1.0), "Matches with a lower score are not believed"
        ).setSingleStep(0.05)
        self._check("keep_doubtful", "Keep doubtful matches", "Whether doubtful matches keep their displacement, beside their status")

    def chosen(self) -> dict[str, Any]:
        """The keyword arguments."""
        values = {name: _value(field) for name, field in self.fields.items()}
        values["max_displacement"] = values["max_displacement"] or None
        values["background"] = None if values["background"] == "nothing" else values["background"]
        return values

    @property
    def fields(self) -> dict[str, QWidget]:
        """Each field, by the name of its keyword argument."""
        return {field.objectName(): field for field in self._all()}

    def _all(self) -> list[QWidget]:
        rows = range(self._form.rowCount())
        return [self._form.itemAt(row, QFormLayout.ItemRole.FieldRole).widget() for row in rows]

    def _choice(self, name: str, label: str, words: tuple[str, ...], tip: str) -> None:
        field = QComboBox()
        field.addItems(words)
        self._add(name, label, field, tip)

    def _number(
        self, name: str, label: str, value: float, limits: tuple[float, float], tip: str
    ) -> QDoubleSpinBox:
        field = QDoubleSpinBox()
        field.setRange(*limits)
        field.setValue(value)
        self._add(name, label, field, tip)
        return field

    def _check(self, name: str, label: str, tip: str) -> None:
        self._add(name, label, QCheckBox(), tip)

    def _add(self, name: str, label: str, field: QWidget, tip: str) -> None:
        field.setObjectName(name)
        field.setToolTip(tip)
        self._form.addRow(label, field)
        self._form.labelForField(field).setToolTip(tip)


def _value(field: Any) -> Any:
    """What is filled in."""
    if isinstance(field, QCheckBox):
        return field.isChecked()
    return field.currentText() if isinstance(field, QComboBox) else field.value()
