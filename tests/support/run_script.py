"""Run a file of Python as a program: `python -m tests.support.run_script FILE ARGUMENTS`.

As a module, it can be forked off a process that has imported what it needs (`warm_python.py`).
"""

from __future__ import annotations

import runpy
import sys

if __name__ == "__main__":
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")
