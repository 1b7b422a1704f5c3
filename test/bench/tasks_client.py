"""The task benchmark's cells through a real Jupyter client, and how usable the notebook stays under 100,000 tasks.

usage: tasks_client.py KERNEL   (the cells come as JSON on standard input; figures go as JSON to standard output)
"""
import json
import subprocess
import sys
import time
from statistics import median, quantiles

from jupyter_client.manager import start_new_kernel

MANY = """const many = distribute('many', Array.from({ length: 100_000 }, (_, i) => i), (i) => {
  const end = performance.now() + 0.05
  while (performance.now() < end);
  return i
}); 0"""
PROGRESS = "many.status.succeeded"


def execute(client, code):
    """The cell's result as text, and seconds until both its reply and the status idle are there."""
    result = [None]

    def keep(message):
        if message["msg_type"] == "execute_result":
            result[0] = message["content"]["data"]["text/plain"]

    began = time.perf_counter()
    reply = client.execute_interactive(code, timeout=120, output_hook=keep)["content"]
    if reply["status"] != "ok":
        raise SystemExit(f"a cell failed: {reply['ename']}: {reply['evalue']}")
    return result[0], time.perf_counter() - began


def resident(pid):
    """MiB of one process."""
    return int(subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout) / 1024


def usable(manager, client):
    """`1+1` again and again while 100,000 tasks of 0.05 ms run: ms, and the kernel process's memory."""
    execute(client, MANY)
    times, memory = [], 0
    while int(execute(client, PROGRESS)[0]) < 100_000:
        times.append(execute(client, "1+1")[1] * 1000)
        memory = max(memory, resident(manager.provisioner.pid))
    figures = quantiles(times, n=100)
    return {"cells": len(times), "p50Ms": round(median(times), 2), "p90Ms": round(figures[89], 2), "p99Ms": round(figures[98], 2), "kernelMiB": round(memory)}


def main():
    cells = json.load(sys.stdin)
    manager, client = start_new_kernel(kernel_name=sys.argv[1], startup_timeout=60)
    try:
        values = {name: execute(client, code)[0] for name, code in cells.items()}
        numbers = {name: json.loads(text[1:-1]) for name, text in values.items() if text and text.startswith("'[")}
        print(json.dumps({"values": numbers, "underLoad": usable(manager, client)}))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


main()
