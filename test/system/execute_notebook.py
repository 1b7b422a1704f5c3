"""Executes a notebook with nbclient, without changing the file, and prints the errors and the plain results of its code cells as JSON."""
import json
import os
import sys

import nbformat
from nbclient import NotebookClient

path = sys.argv[1]
notebook = nbformat.read(path, as_version=4)
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
    cells.append({"source": cell.source, "errors": errors, "expected": expected, "executed": cell.execution_count is not None})
print(json.dumps({"kernelspec": notebook.metadata.get("kernelspec", {}), "cells": cells}))
