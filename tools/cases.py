"""Play the roads of every case of the virtual clinic and tell which do not end where they should.

python tools/cases.py            all cases of data/cases
python tools/cases.py my.json    one file, wherever it lies
"""

import sys
from pathlib import Path

from calphos import InputError
from calphos.lessons.clinic.cases import case_files, read_case
from calphos.lessons.clinic.marks import PASS
from calphos.lessons.clinic.visits import play

# Where the roads of a case must end.
ROADS = {"sensible": (85, 100), "minimal": (0, 84), "overdone": (0, PASS - 1), "harmful": (0, PASS - 1)}


def main(names):
    """Print a line a road and return the number of faults."""
    faults = 0
    for path in map(Path, names) if names else case_files().values():
        try:
            case = read_case(path)
            for name, road in case.roads.items():
                low, high = ROADS[name]
                mark = play(case, road).mark()
                wrong = not low <= mark.total <= high
                faults += wrong
                print(f"{'FAULT' if wrong else 'ok':<6}{path.name:<36}{name:<10}{mark.total:>4}  ({low} to {high})")
                if wrong:
                    print(mark)
        except InputError as problem:
            faults += 1
            print(f"FAULT {problem}")
    print(f"{faults} faults" if faults else "every road ends where it should")
    return faults


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
