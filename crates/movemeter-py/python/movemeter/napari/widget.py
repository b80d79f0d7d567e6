"""The panel *Measure motion*: draw windows, run, look, save."""

from __future__ import annotations

import os
from typing import Any, Optional

import numpy as np
from napari.layers import Image, Shapes
from napari.qt.threading import create_worker
from qtpy.QtCore import QObject, Qt, Signal
from qtpy.QtWidgets import (
    QComboBox, QDoubleSpinBox, QFileDialog, QFormLayout, QGroupBox, QHBoxLayout, QLabel, QProgressBar, QPushButton,
    QSpinBox, QVBoxLayout, QWidget,
)

from .._measure import measure
from .._tracks import Array, Tracks
from ..errors import SettingError
from . import layers
from .settings import Settings

#: Endings of what can be saved, as the dialog says them.
_KINDS = "Table (*.csv *.tsv *.parquet *.json *.npz);;Session (*.zip)"


class Job(QObject):
    """A measurement in a thread of its own, which tells how far it is and can be stopped."""

    #: Stage, frames done, frames in all.
    told = Signal(str, int, int)
    #: What was measured, and what went wrong, if anything.
    ended = Signal(object, str)

    def __init__(self, stack: Any, windows: Array, settings: dict[str, Any]) -> None:
        super().__init__()
        self._measured = (stack, windows, settings)
        self._is_stopped = False
        self._worker = create_worker(self._measure, _start_thread=False)
        self._worker.returned.connect(lambda outcome: self.ended.emit(*outcome))
        self._worker.errored.connect(lambda error: self.ended.emit(None, f"{type(error).__name__}: {error}"))

    def start(self) -> None:
        """Begins, and returns at once."""
        self._worker.start()

    def stop(self) -> None:
        """Ends it soon; what was measured until then is kept."""
        self._is_stopped = True

    def _measure(self) -> tuple[Optional[Tracks], str]:
        stack, windows, settings = self._measured
        try:
            return measure(stack, windows, progress=self._progress, **settings), ""
        except (ValueError, OSError, MemoryError) as error:
            return None, str(error)

    def _progress(self, stage: str, done: int, total: int) -> bool:
        self.told.emit(stage, done, total)
        # napari quits its workers when it is closed.
        return not (self._is_stopped or self._worker.abort_requested)


class MeasureMotion(QWidget):
    """Measures how the content of drawn windows moves in an image layer (frame, row, column)."""

    def __init__(self, napari_viewer: Any) -> None:
        super().__init__()
        self.viewer = napari_viewer
        #: What was measured last.
        self.tracks: Optional[Tracks] = None
        self._job: Optional[Job] = None
        self._make_fields()
        self._lay_out()
        for event in (self.viewer.layers.events.inserted, self.viewer.layers.events.removed):
            event.connect(self._list_layers)
        self._list_layers()
        self._show_running(False)

    def _make_fields(self) -> None:
        self.image = _chooser("The recording: an image layer of frames, rows and columns")
        self.shapes = _chooser("The Shapes layer with the windows; other shapes than rectangles count as the rectangle around them")
        self.new = _button("New", "A new Shapes layer to draw windows in", self.draw)
        self.side = QSpinBox(minimum=4, maximum=4096, value=32, toolTip="Side of each window, px")
        self.step = QDoubleSpinBox(
            minimum=0.05, maximum=100.0, value=1.0, singleStep=0.25,
            toolTip="From one window to the next, in windows: 1 side by side, 0.5 overlapping by half",
        )
        self.fill = _button(
            "Fill with windows", "Puts a grid in place of the selected shapes; of all, if none is selected; into the "
            "whole frame, if there is none", self.make_grid,
        )
        self.settings = Settings()
        self.run = _button("Run", "Measures the windows in all frames", self.start)
        self.cancel = _button("Cancel", "Stops; what was measured until then is kept", self.stop)
        self.bar = QProgressBar()
        self.message = QLabel(wordWrap=True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.save_as = _button("Save table…", "Writes what was measured: CSV, Parquet, a session …", self.ask_and_save)

    def _lay_out(self) -> None:
        place = QFormLayout()
        place.addRow("Recording", self.image)
        place.addRow("Windows", _row(self.shapes, self.new))
        spacing = QFormLayout()
        spacing.addRow("Side, px", self.side)
        spacing.addRow("Step, windows", self.step)
        spacing.addRow(self.fill)
        grid = QGroupBox("Grid")
        grid.setLayout(spacing)
        whole = QVBoxLayout(self)
        whole.addLayout(place)
        whole.addWidget(grid)
        whole.addWidget(self.settings)
        whole.addWidget(_row(self.run, self.cancel))
        for widget in (self.bar, self.message, self.save_as):
            whole.addWidget(widget)
        whole.addStretch()

    # What is measured.

    def _list_layers(self, event: Any = None) -> None:
        """Lists the layers that are there now; what was chosen stays so."""
        for chooser, kind in ((self.image, Image), (self.shapes, Shapes)):
            before = chooser.currentData()
            chooser.clear()
            for layer in self.viewer.layers:
                if isinstance(layer, kind):
                    chooser.addItem(layer.name, layer)
                    layer.events.name.connect(self._list_layers)
            _choose(chooser, before)

    def _recording(self) -> Any:
        """The chosen image layer, which must be one that can be measured."""
        image = self.image.currentData()
        if image is None:
            raise SettingError("there is no image layer; open a recording first")
        shape = tuple(image.data.shape)
        if image.rgb or image.multiscale or len(shape) != 3:
            what = "in colour" if image.rgb else "a pyramid" if image.multiscale else f"of shape {shape}"
            raise SettingError(f"{image.name!r} must be a recording (frame, row, column), but is {what}")
        return image

    def draw(self) -> None:
        """Adds a Shapes layer in which rectangles can be drawn at once."""
        try:
            image = self._recording()
        except SettingError as error:
            return self._say(error)
        shapes = self.viewer.add_shapes(
            name="windows", ndim=2, scale=image.scale[-2:], translate=image.translate[-2:], edge_color="#56b4e9",
            face_color="transparent", edge_width=1, opacity=0.5,
        )
        shapes.mode = "add_rectangle"
        _choose(self.shapes, shapes)

    def make_grid(self) -> None:
        """Puts a grid of windows in place of what is drawn, or selected."""
        try:
            image = self._recording()
            if self.shapes.currentData() is None:
                self.draw()
            shapes = self.shapes.currentData()
            numbers = sorted(shapes.selected_data) or list(range(len(shapes.data)))
            _, height, width = image.data.shape
            within = layers.windows_of(shapes, image, numbers) if numbers else np.array([[0, 0, width, height]])
            windows = layers.filled(within, self.side.value(), self.step.value())
        except SettingError as error:
            return self._say(error)
        shapes.selected_data = set(numbers)
        shapes.remove_selected()
        shapes.add_rectangles([_placed(rectangle, image, shapes) for rectangle in layers.corners(windows)])
        shapes.selected_data = set()
        shapes.mode = "select"
        self._say(f"{len(shapes.data)} windows")

    # Measuring.

    def start(self) -> None:
        """Measures in a thread of its own."""
        try:
            image = self._recording()
            shapes = self.shapes.currentData()
            if shapes is None or not len(shapes.data):
                raise SettingError("there are no windows; draw rectangles, or press “Fill with windows”")
            windows = layers.windows_of(shapes, image)
        except SettingError as error:
            return self._say(error)
        self._job = Job(image.data, windows, self.settings.chosen())
        self._job.told.connect(self._tell)
        self._job.ended.connect(lambda tracks, error: self._end(image, tracks, error))
        self._show_running(True)
        self._say("")
        self._job.start()

    def stop(self) -> None:
        """Ends the measurement; what was measured until then is kept."""
        if self._job is not None:
            self._job.stop()

    def _tell(self, stage: str, done: int, total: int) -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self.bar.setFormat(f"{stage} %v of %m")

    def _end(self, image: Any, tracks: Optional[Tracks], error: str) -> None:
        self._job = None
        if tracks is not None and tracks.shape[1]:
            self.tracks = tracks
            self._add_layers(image, tracks)
        self._show_running(False)
        self._say(error or _summary(tracks))

    def _add_layers(self, image: Any, tracks: Tracks) -> None:
        """What was measured, over the recording."""
        place = {"scale": image.scale, "translate": image.translate, "metadata": {"movemeter": tracks}}
        self._add(f"{image.name} tracks", self.viewer.add_tracks, layers.tracks_layer(tracks), _TRACKS | place)
        arrows = layers.vectors_layer(tracks)
        by = f" x{arrows[1]['length']}" if arrows[1]["length"] != 1 else ""
        self._add(f"{image.name} vectors{by}", self.viewer.add_vectors, arrows, _VECTORS | place)
        crosses = layers.unmeasured_layer(tracks)
        self._add(f"{image.name} not measured", self.viewer.add_vectors, crosses, _NOT_MEASURED | place)

    def _add(self, name: str, add: Any, layer: layers.Layer, look: dict[str, Any]) -> None:
        """A layer, if there is anything in it."""
        if len(layer[0]):
            add(layer[0], name=name, **layer[1], **look)

    # What becomes of it.

    def ask_and_save(self) -> None:
        """Asks where, and saves."""
        path, kind = QFileDialog.getSaveFileName(self, "Save what was measured", "motion.csv", _KINDS)
        if path:
            self.save(path if os.path.splitext(path)[1] else path + (".zip" if "zip" in kind else ".csv"))

    def save(self, path: str) -> None:
        """Writes a table or a session; the ending chooses."""
        try:
            if self.tracks is None:
                raise SettingError("nothing was measured yet; press Run")
            self.tracks.save(path)
        except (ValueError, OSError) as error:
            return self._say(error)
        self._say(f"saved {path}")

    def _show_running(self, is_running: bool) -> None:
        self.run.setEnabled(not is_running)
        self.cancel.setEnabled(is_running)
        self.bar.setVisible(is_running)
        self.save_as.setEnabled(self.tracks is not None and not is_running)

    def _say(self, message: object) -> None:
        self.message.setText(str(message))


#: Viridis for how far; what is not measured is marked by more than its colour.
_TRACKS = {"color_by": "moved_px", "colormap": "viridis"}
_VECTORS = {"edge_color": "moved_px", "edge_colormap": "viridis", "opacity": 1.0}
_NOT_MEASURED = {"edge_color": "#ffb000"}


def _summary(tracks: Optional[Tracks]) -> str:
    """What was measured, a line for each thing that is told of it."""
    if tracks is None or not tracks.shape[1]:
        return "stopped before the first frame"
    return "\n".join(f"{name}: {value}" for name, value in tracks._told())


def _placed(rectangle: Array, image: Any, shapes: Any) -> Array:
    """A rectangle of the image in the coordinates of a Shapes layer."""
    points = [image.data_to_world((0, *corner)) for corner in rectangle]
    return np.array([shapes.world_to_data(point)[-2:] for point in points])


def _chooser(tip: str) -> QComboBox:
    return QComboBox(toolTip=tip, minimumContentsLength=12)


def _choose(chooser: QComboBox, layer: Any) -> None:
    """Chooses a layer if it is listed, else the first: napari hands out a new proxy of a layer each time."""
    listed = [chooser.itemData(index) == layer for index in range(chooser.count())]
    chooser.setCurrentIndex(listed.index(True) if True in listed else 0)


def _button(label: str, tip: str, pressed: Any) -> QPushButton:
    button = QPushButton(label, toolTip=tip)
    button.clicked.connect(lambda: pressed())
    return button


def _row(*widgets: QWidget) -> QWidget:
    """Side by side; the first takes the room."""
    row = QWidget()
    line = QHBoxLayout(row)
    line.setContentsMargins(0, 0, 0, 0)
    for number, widget in enumerate(widgets):
        line.addWidget(widget, stretch=int(number == 0))
    return row
