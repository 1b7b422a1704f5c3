"""The sluice command; `python -m sluice.kernel FILE` is the kernel."""
import sys

from sluice.node import become


def main():
    become("sluice", sys.argv[1:])


if __name__ == "__main__":
    main()
