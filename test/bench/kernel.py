"""Jupyter kernels measured from outside, through one client: what a person at a notebook waits for.

usage: kernel.py [--json] [--rounds N] NAME...

NAME is that of an installed kernel (sluice, python3, deno). Prints one JSON object a line for each kernel. Given several
kernels, every measurement goes round among them, so that a busy moment of the machine falls on all alike. A value is
null where the kernel did not do what was asked; `notes` then says what happened.

startMs               from starting the process to the first result, median of `rounds` starts
roundTripP50Ms, P90   `1+1` until both its reply and the status idle are there, over 300
completionP50Ms       a completion while nothing runs, over 60 after 5 that do not count
completionBusyP50Ms   the same while a cell computes without a pause for 2 s, over `rounds` such cells
linesPerSecond        20,000 printed lines until idle, median of `rounds`; linesBeforeIdle: how many were there by then
rssMB, pssMB          memory of all its processes after one cell, before the first completion
interrupts            for four kinds of cell: ms from the interrupt to the reply, and whether variables were kept
"""
import argparse
import json
import queue
import re
import sys
import time
from pathlib import Path
from statistics import median, quantiles

import psutil
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

LINES = 20_000
TRIPS, BLOCK = 300, 50
PATIENCE = 60
# An interrupt that has not worked after so long, s, does not.
INTERRUPT_PATIENCE = 8

CELLS = {
    "typescript": {
        "completion": "const word = 'x'; word.toUpp",
        "busy": "{ const end = Date.now() + 2000; while (Date.now() < end); }",
        "lines": f"for (let i = 0; i < {LINES}; i++) console.log('line ' + i)",
        "keep": "let kept = 41",
        "kept": "kept + 1",
        "interrupts": {
            "loop": "while (true) {}",
            "asyncLoop": "for (;;) await null",
            "pendingAwait": "await new Promise(() => {})",
            "sleep": "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
        },
    },
    "python": {
        "completion": "word = 'x'; word.upp",
        "busy": "import time\nend = time.time() + 2\nwhile time.time() < end: pass",
        "lines": f"for i in range({LINES}): print('line', i)",
        "keep": "kept = 41",
        "kept": "kept + 1",
        "interrupts": {
            "loop": "while True: pass",
            "asyncLoop": "import asyncio\nwhile True: await asyncio.sleep(0)",
            "pendingAwait": "import asyncio\nawait asyncio.Event().wait()",
            "sleep": "import time\ntime.sleep(600)",
        },
    },
}


class Kernel:
    """One running kernel and what has been measured of it."""

    def __init__(self, name):
        self.name = name
        self.language = KernelSpecManager().get_kernel_spec(name).language
        self.cells = CELLS[self.language]
        self.notes = []
        self.manager = None
        self.client = None

    def start(self):
        """Seconds from starting the process to the first result."""
        began = time.perf_counter()
        self.manager = KernelManager(kernel_name=self.name)
        self.manager.start_kernel()
        self.connect()
        self.execute("1+1")
        return time.perf_counter() - began

    def connect(self):
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)

    def stop(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def restart(self):
        self.client.stop_channels()
        self.manager.restart_kernel(now=True)
        self.connect()

    def execute(self, code, wait=PATIENCE):
        """Runs a cell to its end: its reply, and what was published until it was idle."""
        request = self.client.execute(code)
        return self.reply(request, wait), self.until_idle(request, wait)

    def reply(self, request, wait=PATIENCE):
        return self.awaited(self.client.get_shell_msg, request, wait)

    def awaited(self, get, request, wait):
        end = time.perf_counter() + wait
        while True:
            message = get(timeout=max(0, end - time.perf_counter()))
            if message["parent_header"].get("msg_id") == request:
                return message

    def until_idle(self, request, wait=PATIENCE):
        messages = []
        while True:
            message = self.awaited(self.client.get_iopub_msg, request, wait)
            messages.append(message)
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return messages

    def round_trips(self, count):
        return [timed(lambda: self.execute("1+1")) for _ in range(count)]

    def complete(self, wait=PATIENCE):
        def ask():
            content = self.reply(self.client.complete(self.cells["completion"]), wait)["content"]
            assert content["matches"], f"no completion: {content}"
        return timed(ask)

    def complete_while_busy(self):
        """Seconds of each completion asked while one cell computes."""
        request = self.client.execute(self.cells["busy"])
        while self.awaited(self.client.get_iopub_msg, request, PATIENCE)["msg_type"] != "execute_input":
            pass
        # A kernel that has just begun the cell has not blocked yet.
        time.sleep(0.1)
        waits = []
        end = time.perf_counter() + 1.6
        # The first is counted however long it takes, none is asked once the cell is about to end.
        while not waits or time.perf_counter() < end:
            completion = self.client.complete(self.cells["completion"])
            began = time.perf_counter()
            ended = False
            while True:
                message = self.client.get_shell_msg(timeout=PATIENCE)
                parent = message["parent_header"].get("msg_id")
                ended = ended or parent == request
                if parent == completion:
                    waits.append(time.perf_counter() - began)
                    break
            if ended:
                break
        self.until_idle(request)
        self.settle()
        return waits

    def settle(self):
        """Takes what is left over on both channels."""
        self.reply(self.client.kernel_info())
        for get in (self.client.get_shell_msg, self.client.get_iopub_msg):
            try:
                while True:
                    get(timeout=0.05)
            except queue.Empty:
                pass

    def print_lines(self):
        """(seconds, lines that were there before idle)"""
        began = time.perf_counter()
        _, messages = self.execute(self.cells["lines"])
        seconds = time.perf_counter() - began
        text = "".join(message["content"]["text"] for message in messages if message["msg_type"] == "stream")
        return seconds, text.count("\n")

    def memory(self):
        """(RSS, PSS) of all its processes, bytes; PSS is None where the system does not tell."""
        first = psutil.Process(self.manager.provisioner.pid)
        processes = [first, *first.children(recursive=True)]
        rss = sum(process.memory_info().rss for process in processes)
        try:
            return rss, sum(process.memory_full_info().pss for process in processes)
        except AttributeError:
            return rss, None

    def interrupt(self, kind, code):
        """{"ms", "kept"}: how long the interrupt of such a cell takes, and whether variables are there after it."""
        self.execute(self.cells["keep"])
        request = self.client.execute(code)
        while self.awaited(self.client.get_iopub_msg, request, PATIENCE)["msg_type"] != "execute_input":
            pass
        time.sleep(0.3)
        began = time.perf_counter()
        self.manager.interrupt_kernel()
        try:
            self.reply(request, INTERRUPT_PATIENCE)
            ms = (time.perf_counter() - began) * 1000
            self.settle()
            _, messages = self.execute(self.cells["kept"], INTERRUPT_PATIENCE)
            kept = any("42" in plain(message) for message in messages if message["msg_type"] == "execute_result")
            return {"ms": round(ms, 1), "kept": kept}
        except (queue.Empty, RuntimeError):
            alive = self.manager.is_alive()
            self.notes.append(f"interrupt of {kind}: {f'no reply in {INTERRUPT_PATIENCE} s' if alive else 'the kernel died'}")
            self.restart()
            return {"ms": None, "kept": False}


def plain(message):
    return re.sub(r"\x1b\[[0-9;]*m", "", message["content"]["data"].get("text/plain", ""))


def timed(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def milliseconds(seconds):
    return round(seconds * 1000, 2)


def measure(kernels, rounds):
    results = {kernel.name: {"kernel": kernel.name} for kernel in kernels}

    starts = {kernel.name: [] for kernel in kernels}
    for last in [False] * (rounds - 1) + [True]:
        for kernel in kernels:
            starts[kernel.name].append(kernel.start())
            if not last:
                kernel.stop()
    for kernel in kernels:
        rss, pss = kernel.memory()
        results[kernel.name] |= {
            "startMs": milliseconds(median(starts[kernel.name])),
            "rssMB": round(rss / 2**20, 1),
            "pssMB": None if pss is None else round(pss / 2**20, 1),
        }

    trips = gather(kernels, TRIPS // BLOCK, lambda kernel: kernel.round_trips(BLOCK), warm=lambda kernel: kernel.round_trips(20))
    idle = gather(kernels, 6, lambda kernel: [kernel.complete() for _ in range(10)], warm=lambda kernel: [kernel.complete() for _ in range(5)])
    busy = gather(kernels, rounds, lambda kernel: kernel.complete_while_busy())
    lines = gather(kernels, rounds, lambda kernel: [kernel.print_lines()], warm=lambda kernel: kernel.print_lines())
    for kernel in kernels:
        results[kernel.name] |= {
            "roundTripP50Ms": milliseconds(median(trips[kernel.name])),
            "roundTripP90Ms": milliseconds(quantiles(trips[kernel.name], n=10)[8]),
            "completionP50Ms": middle(idle[kernel.name]),
            "completionBusyP50Ms": middle(busy[kernel.name]),
            "linesPerSecond": round(LINES / median(seconds for seconds, _ in lines[kernel.name])) if lines[kernel.name] else None,
            "linesBeforeIdle": min((count for _, count in lines[kernel.name]), default=None),
        }
    for kernel in kernels:
        results[kernel.name]["interrupts"] = {kind: kernel.interrupt(kind, code) for kind, code in kernel.cells["interrupts"].items()}
        results[kernel.name]["notes"] = kernel.notes
        kernel.stop()
    return results


def gather(kernels, rounds, samples, warm=None):
    """Samples of every kernel, taken in turn. A kernel that fails once is left out from then on, with a note."""
    taken = {kernel.name: [] for kernel in kernels}
    failed = set()
    for step in ([warm] if warm else []) + [samples] * rounds:
        for kernel in kernels:
            if kernel.name in failed:
                continue
            try:
                values = step(kernel)
                if step is samples:
                    taken[kernel.name] += values
            except (AssertionError, queue.Empty, RuntimeError) as error:
                kernel.notes.append(f"{type(error).__name__}: {error}")
                failed.add(kernel.name)
                kernel.restart()
    return taken


def middle(seconds):
    return milliseconds(median(seconds)) if seconds else None


def show(result):
    for name, value in result.items():
        print(f"{name:22}{json.dumps(value) if isinstance(value, (dict, list)) else value}")
    print()


def main():
    parser = argparse.ArgumentParser(usage=Path(__file__).name + " [--json] [--rounds N] NAME...")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("names", nargs="+")
    options = parser.parse_args()
    kernels = [Kernel(name) for name in options.names]
    try:
        for result in measure(kernels, options.rounds).values():
            if options.json:
                print(json.dumps(result))
            else:
                show(result)
    finally:
        for kernel in kernels:
            if kernel.manager is not None and kernel.manager.has_kernel:
                kernel.manager.shutdown_kernel(now=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
