"""Executes a notebook with nbclient, without changing the file, and prints as JSON what its code cells
gave: errors, what they printed, and results beside those that the file had stored."""
import json
import os
import sys

import nbformat
from nbclient import NotebookClient

path = sys.argv[1]
notebook = nbformat.read(path, as_version=4)


def results(cell):
    return [o.data.get("text/plain") for o in cell.outputs if o.output_type == "execute_result"]


stored = [results(cell) for cell in notebook.cells if cell.cell_type == "code"]
NotebookClient(
    notebook,
    kernel_name=sys.argv[2],
    timeout=120,
    allow_errors=True,
    resources={"metadata": {"path": os.path.dirname(os.path.abspath(path))}},
).execute()

cells = []
for cell in notebook.cells:
    if cell.cell_type != "code":
        continue
    errors = [f"{o.ename}: {o.evalue}" for o in cell.outputs if o.output_type == "error"]
    expected = "raises-exception" in cell.metadata.get("tags", [])
    cells.append(
        {
            "source": cell.source,
            "errors": errors,
            "expected": expected,
            "executed": cell.execution_count is not None,
            "printed": "".join(o.text for o in cell.outputs if o.output_type == "stream"),
            "results": results(cell),
            "stored": stored[len(cells)],
        }
    )
print(json.dumps({"kernelspec": notebook.metadata.get("kernelspec", {}), "cells": cells}))
