"""What Jupyter starts, with the path of a connection file."""
import sys

from sluice.node import become

become("kernel", sys.argv[1:])
