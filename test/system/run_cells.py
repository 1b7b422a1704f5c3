"""Starts a kernel by its name, executes the cells that standard input gives as a JSON list of strings, and prints what
came of each as JSON: {"status", "result", "stdout", "error"}."""
import json
import sys

from jupyter_client.manager import start_new_kernel


def execute(client, code):
    seen = {"status": None, "result": None, "stdout": "", "error": None}

    def keep(message):
        kind, content = message["msg_type"], message["content"]
        if kind == "execute_result":
            seen["result"] = content["data"].get("text/plain")
        elif kind == "stream" and content["name"] == "stdout":
            seen["stdout"] += content["text"]
        elif kind == "error":
            seen["error"] = f"{content['ename']}: {content['evalue']}"

    reply = client.execute_interactive(code, timeout=60, output_hook=keep)
    seen["status"] = reply["content"]["status"]
    return seen


def main():
    cells = json.load(sys.stdin)
    manager, client = start_new_kernel(startup_timeout=60, kernel_name=sys.argv[1])
    try:
        print(json.dumps([execute(client, code) for code in cells]))
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


main()
