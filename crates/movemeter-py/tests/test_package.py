"""The package as a whole: what it says of itself, what it imports, its types, its documented examples."""

from __future__ import annotations

import doctest
import importlib
import os
import pkgutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import movemeter as mm

REPOSITORY = Path(__file__).resolve().parents[3]

def in_a_new_process(program, *options):
    """What it prints."""
    ran = subprocess.run([sys.executable, *options, "-c", program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_the_version_is_later_than_what_it_succeeds():
    packaging = pytest.importorskip("packaging.version")
    assert packaging.Version(mm.__version__) >= packaging.Version("1.0.0.dev0") > packaging.Version("0.7.2")


def test_nothing_heavy_is_imported():
    program = "import sys, movemeter; print(*{name.split('.')[0] for name in sys.modules})"
    heavy = {"numpy", "cv2", "scipy", "tkinter", "matplotlib", "pandas", "xarray", "dask", "distributed", "napari", "PIL", "tifffile"}
    assert not heavy & set(in_a_new_process(program).split())
    program = "import sys, movemeter as mm; mm.measure, mm.Movemeter, mm.open; print(*{n.split('.')[0] for n in sys.modules})"
    assert heavy & set(in_a_new_process(program).split()) == {"numpy"}


def test_every_public_name_is_there_and_documented():
    for name in mm.__all__:
        assert getattr(mm, name).__doc__ or name in ("STATUS", "__version__"), name
    assert set(mm.__all__) <= set(dir(mm))
    with pytest.raises(AttributeError, match="no_such_name"):
        mm.no_such_name


def modules():
    """All modules of the package."""
    found = pkgutil.walk_packages(mm.__path__, "movemeter.")
    return sorted(module.name for module in found if not module.name.endswith("__main__"))


#: What the examples of a module or a page need besides NumPy.
NEEDED = {
    "movemeter.dask": ["dask.array", "distributed"],
    "movemeter.napari.settings": ["qtpy.QtWidgets"],
    "movemeter.napari.widget": ["napari", "qtpy.QtWidgets"],
    "python.md": ["pandas", "xarray"],
    "dask.md": ["dask.array", "distributed", "pandas", "pyarrow"],
}


@pytest.mark.parametrize("name", ["movemeter", *modules()])
def test_examples_of_modules_run(name):
    for needed in NEEDED.get(name, []):
        pytest.importorskip(needed, exc_type=ImportError)
    importlib.import_module(name)
    # The name in its package may be something that can be called.
    module = sys.modules[name]
    # Names that are fetched when they are first used are found in the modules they come from.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0


def documents():
    """Pages with examples."""
    return sorted(page.name for page in (REPOSITORY / "docs").glob("*.md") if ">>> " in page.read_text("utf-8"))




@pytest.mark.parametrize("name", documents())
def test_examples_of_pages_run(name):
    for module in NEEDED.get(name, []):
        pytest.importorskip(module)
    page = REPOSITORY / "docs" / name
    assert doctest.testfile(str(page), module_relative=False, encoding="utf-8", optionflags=doctest.ELLIPSIS).failed == 0


def run_mypy(*arguments):
    pytest.importorskip("mypy")
    settings = {**os.environ, "MYPYPATH": str(REPOSITORY / "crates/movemeter-py/python")}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=settings, cwd=REPOSITORY)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """What one run found spares the next."""
    return str(tmp_path_factory.mktemp("mypy"))


def test_types_are_whole(cache):
    ran = run_mypy("mypy", "--config-file", "pyproject.toml", "--cache-dir", cache)
    assert ran.returncode == 0, ran.stdout


def test_what_users_write_is_checked_by_types(tmp_path, cache):
    script = tmp_path / "script.py"
    script.write_text(
        "import movemeter as mm\n"
        "tracks = mm.measure('a.tif', mm.grid((0, 0, 64, 64), 32), max_displacement=5.0)\n"
        "reveal_type(tracks.dx)\n"
        "mm.measure('a.tif', [(0, 0, 8, 8)], folow=True)\n",
        encoding="utf-8",
    )
    ran = run_mypy("mypy", "--strict", "--cache-dir", cache, str(script))
    assert "ndarray" in ran.stdout and "folow" in ran.stdout and ran.stdout.count("error:") == 1, ran.stdout


def test_the_types_of_what_is_written_in_rust_are_right():
    ran = run_mypy("mypy.stubtest", "--mypy-config-file", "pyproject.toml", "movemeter._native")
    assert ran.returncode == 0, ran.stdout


def test_the_package_is_marked_as_typed():
    assert (Path(mm.__file__).parent / "py.typed").is_file()
