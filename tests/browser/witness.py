"""The application's server, which writes down what it has loaded whenever it is asked to.

python witness.py FILE streamlit run ...

On SIGUSR1 it writes the names of its modules and the files that are mapped into its memory,
each on a line of its own, to FILE.
"""

import runpy
import signal
import sys
from pathlib import Path


def main():
    place = Path(sys.argv[1])

    def write(*_):
        maps = Path("/proc/self/maps").read_text().splitlines()
        files = {parts[5] for line in maps if len(parts := line.split(maxsplit=5)) == 6}
        beside = place.with_suffix(".half")
        beside.write_text("\n".join(sorted([*sys.modules, *files])))
        beside.replace(place)

    signal.signal(signal.SIGUSR1, write)
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
