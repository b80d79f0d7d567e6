"""The tutorial runs, and prints what it is committed with.

`python crates/movemeter-py/tests/test_tutorial.py` runs it and writes its outputs anew.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import movemeter as mm

nbformat = pytest.importorskip("nbformat", reason="the tutorial is a notebook")
nbclient = pytest.importorskip("nbclient", reason="runs the tutorial")
pytest.importorskip("ipykernel", reason="the tutorial's Python runs in it")
pytest.importorskip("matplotlib", reason="the tutorial draws")
pytest.importorskip("pandas", reason="the tutorial makes a table")
pytest.importorskip("xarray", reason="the tutorial makes a dataset")
pytest.importorskip("dask.array", reason="the tutorial measures an array of Dask")

TUTORIAL = Path(__file__).resolve().parents[3] / "docs" / "tutorial.ipynb"
#: Larger notebooks are slow to show, and every clone carries them for ever.
MAX_BYTES = 600_000
#: A cell takes a second or two; a machine that is busy is given more.
CELL_TIMEOUT_S = 300
#: The same whoever ran it.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def committed():
    """The notebook with its outputs, as it lies there."""
    return nbformat.read(TUTORIAL, as_version=4)


def environment(folder):
    """Nobody's own settings, and a path to movemeter that holds in every folder."""
    own = {"PYTHONPATH": str(Path(mm.__file__).parents[1]), "IPYTHONDIR": str(folder)}
    return {**os.environ, **own, "MPLBACKEND": "module://matplotlib_inline.backend_inline"}


def run(notebook, folder):
    """Runs all cells in a folder, by this Python, with this movemeter."""
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpecManager

    # Without folders of kernels there is one kernel: that of this Python.
    specs = KernelSpecManager(kernel_dirs=[])
    kernel = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs)
    client = nbclient.NotebookClient(
        notebook,
        km=kernel,
        timeout=CELL_TIMEOUT_S,
        # What is printed in pieces is one piece, so that the same run writes the same file.
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )
    return client.execute(env=environment(folder))


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def text_of(cell):
    """What a cell printed, and the last value as text."""
    printed = {"stdout": "", "stderr": "", "values": ""}
    for output in cell.outputs:
        if output.output_type == "stream":
            printed[output.name] += output.text
        else:
            printed["values"] += output.get("data", {}).get("text/plain", "") + "\n"
    return printed


def test_the_tutorial_runs_and_prints_what_it_is_committed_with(tmp_path):
    renewed = tmp_path / "tutorial.ipynb"
    # In a process of its own: what Jupyter leaves open ends with it.
    ran = subprocess.run(
        [sys.executable, __file__, str(renewed)],
        capture_output=True, text=True, encoding="utf-8", errors="replace", check=False, env=environment(tmp_path),
    )
    assert ran.returncode == 0, ran.stderr
    now = code_cells(nbformat.read(renewed, as_version=4))
    before = code_cells(committed())
    assert len(now) == len(before) > 0
    for cell, old in zip(now, before):
        assert text_of(cell) == text_of(old), f"{cell.source}\nprints something else; {Path(__file__).name} renews it"


def test_the_tutorial_is_committed_with_its_outputs():
    cells = code_cells(committed())
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert any("image/png" in output.get("data", {}) for output in outputs)


def test_the_tutorial_says_nothing_of_who_ran_it():
    notebook = committed()
    assert notebook.metadata == METADATA
    assert [cell.id for cell in notebook.cells] == ids(notebook)
    assert not any(cell.metadata for cell in notebook.cells)
    assert TUTORIAL.stat().st_size < MAX_BYTES


def ids(notebook):
    return [f"c{number:02}" for number in range(1, len(notebook.cells) + 1)]


def renew(path):
    """Runs the tutorial, and writes it with its outputs."""
    # On Windows a folder that was just left may still be held.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        notebook = run(committed(), folder)
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell, name in zip(notebook.cells, ids(notebook)):
        cell.id, cell.metadata = name, nbformat.from_dict({})
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    renew(Path(sys.argv[1]) if len(sys.argv) > 1 else TUTORIAL)
