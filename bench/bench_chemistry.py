"""Time of one speciation and of a map of calcium and phosphate. Run: python bench/bench_chemistry.py."""

import timeit

from calphos.chemistry import saturation_map, speciate


def main():
    speciate()  # reads the constants once
    one = min(timeit.repeat(lambda: speciate(2.5, 1.3).saturation_index, number=100, repeat=5)) / 100
    grid = min(timeit.repeat(saturation_map, number=1, repeat=5))
    print(f"one speciation with saturation indices: {1000 * one:.2f} ms (aim: under 1 ms)")
    print(f"map of 100 x 100 calcium and phosphate: {1000 * grid:.0f} ms (aim: under 1000 ms)")


if __name__ == "__main__":
    main()
