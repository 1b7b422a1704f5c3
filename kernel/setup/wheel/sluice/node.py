"""Finds Node.js and becomes it."""
import os
import subprocess
import sys
from pathlib import Path

NEEDED = (20, 19)
APP = Path(__file__).parent / "app" / "dist"


def version_of(program):
    """(major, minor), or None when it is no Node that runs."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
        major, minor = said.strip().lstrip("v").split(".")[:2]
        return int(major), int(minor)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def candidates():
    """SLUICE_NODE if set, or else every node on PATH."""
    named = os.environ.get("SLUICE_NODE")
    if named:
        return [named]
    places = [Path(folder) / "node" for folder in os.get_exec_path() if folder]
    return [str(place) for place in places if os.access(place, os.X_OK)]


def find():
    """The first Node that is new enough. Ends the program, saying what was found, when there is none."""
    found = []
    for program in candidates():
        version = version_of(program)
        if version is not None and version >= NEEDED:
            return program
        found.append(f"{program} is {'.'.join(map(str, version))}" if version else f"{program} does not run")
    sys.exit(
        f"Sluice needs Node.js {NEEDED[0]}.{NEEDED[1]} or newer; "
        f"{'found only: ' + ', '.join(dict.fromkeys(found)) if found else 'there is no node on PATH'}.\n"
        "Install it (nodejs.org, or your system's or conda's package), or set SLUICE_NODE to its path."
    )


def become(program, words):
    """Does not return: this process becomes the program, so that signals reach it and it ends as it would by itself."""
    node = find()
    os.execv(node, [node, str(APP / f"{program}.js"), *words])
