"""Reads the tables of a folder with other programs, and compares what they see."""

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow.parquet as pq

folder = Path(sys.argv[1])
columns = json.loads((folder / "t.json").read_text())["columns"]
about = json.loads((folder / "t.json").read_text())
WORDS = ["group", "status"]


def same(name, found, tolerance):
    expected = columns[name]
    assert len(found) == len(expected), name
    for ours, theirs in zip(expected, found):
        if name in WORDS:
            assert str(theirs) == ours, (name, theirs, ours)
        elif ours is None:
            assert theirs is None or np.isnan(theirs), (name, theirs)
        else:
            assert abs(theirs - ours) <= tolerance, (name, theirs, ours)


def all_same(table, tolerance):
    for name in columns:
        same(name, list(table[name]), tolerance)


for ending, separator in [("csv", ","), ("tsv", "\t")]:
    text = {"comment": "#", "sep": separator, "dtype": {"group": str}}
    all_same(pd.read_csv(folder / f"t.{ending}", **text), 0.6e-6)
    frame = pl.read_csv(
        folder / f"t.{ending}", comment_prefix="#", separator=separator,
        schema_overrides={"group": pl.String},
    )
    all_same(frame, 0.6e-6)
    # As a spreadsheet does: the comment lines are rows of one cell or more.
    with open(folder / f"t.{ending}", newline="", encoding="utf-8") as file:
        rows = [row for row in csv.reader(file, delimiter=separator) if not row[0].startswith("#")]
    assert rows[0] == list(columns)
    assert all(len(row) == len(columns) for row in rows)

all_same(pd.read_parquet(folder / "t.parquet"), 0)
all_same(pl.read_parquet(folder / "t.parquet"), 0)
table = pq.read_table(folder / "t.parquet")
for name in columns:
    same(name, table[name].to_pylist(), 0)
for name in ["movemeter", "recipe", "opened", "inputs", "doubts", "incomplete"]:
    assert json.loads(table.schema.metadata[name.encode()]) == about[name], name

archive = np.load(folder / "t.npz", allow_pickle=False)
all_same(archive, 0)
assert archive["frame"].dtype == np.int64 and archive["dx_px"].dtype == np.float64
kept = json.loads(str(archive["movemeter"]))
assert {name: about[name] for name in kept} == kept

# And what they write is read here.
pd.read_parquet(folder / "t.parquet").to_parquet(folder / "pandas.parquet")
pl.read_parquet(folder / "t.parquet").write_parquet(folder / "polars.parquet")
pd.read_parquet(folder / "t.parquet").to_csv(folder / "pandas.csv", index=False)
np.savez(folder / "numpy.npz", **archive)
