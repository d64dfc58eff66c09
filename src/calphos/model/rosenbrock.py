"""Many courses at once: a Rosenbrock method whose every operation is done for all patients together, as NumPy arrays.

Rodas5P (eight stages, order 5, stiffly accurate), with the exact Jacobian and a sparse elimination in the order of least
fill. The coefficients stand in `rodas5p.json`, with their source; a page reads the same file.
"""

import json
from pathlib import Path

import numpy as np

TABLEAU = json.loads(Path(__file__).with_name("rodas5p.json").read_text(encoding="utf-8"))
GAMMA, A, C, TIMES, SLOPES = (TABLEAU[part] for part in ("gamma", "A", "C", "times", "slopes"))


def elimination_order(places, size):
    """Return the order in which states are eliminated so that few zeros fill in, and for each (rows below, columns).

    `places` are the (row, column) of the Jacobian that are not always zero; rows and columns are those not yet
    eliminated that hold an entry in the pivot's column and row.

    >>> elimination_order([(0, 0), (0, 1), (1, 1), (2, 1)], 3)
    [(0, [], [1]), (1, [2], []), (2, [], [])]
    """
    filled = {*places, *((i, i) for i in range(size))}
    left, order = list(range(size)), []
    while left:
        arms = []
        for pivot in left:
            below = [row for row in left if row != pivot and (row, pivot) in filled]
            arms.append((pivot, below, [column for column in left if column != pivot and (pivot, column) in filled]))
        pivot, below, right = min(arms, key=lambda arm: len(arm[1]) * len(arm[2]))
        filled |= {(row, column) for row in below for column in right}
        left.remove(pivot)
        order.append((pivot, below, right))
    return order


def _factored(entries, places, order, diagonal):
    """Return the function that solves (1/(h gamma) - J) x = b for all patients, factored without pivoting.

    It takes `b` as an array (states, patients) and leaves x in it.
    """
    part = {place: -entry for place, entry in zip(places, entries, strict=True)}
    for pivot, _, _ in order:
        part[pivot, pivot] = diagonal + part.get((pivot, pivot), 0.0)
    for pivot, below, right in order:
        inverse = part[pivot, pivot] = 1.0 / part[pivot, pivot]
        for row in below:
            factor = part[row, pivot] = part[row, pivot] * inverse
            for column in right:
                part[row, column] = part.get((row, column), 0.0) - factor * part[pivot, column]

    def solved(b):
        for pivot, below, _ in order:
            for row in below:
                b[row] -= part[row, pivot] * b[pivot]
        for pivot, _, right in reversed(order):
            for column in right:
                b[pivot] -= part[pivot, column] * b[column]
            b[pivot] *= part[pivot, pivot]
        return b

    return solved


def solve(rates, jacobian, places, y, times, rtol, atol, steady=False, first_step=1e-3):
    """Return states at `times` as an array (times, states, patients), NaN where a patient's equations run away.

    rates, jacobian   functions of (states, hours): an array (states, patients); the entries at `places`
    y                 states at times[0], an array (states, patients)
    atol              absolute tolerance of each state
    steady            the equations do not depend on time
    first_step        hours

    One step serves all: its length is that of the patient who needs the shortest.
    """

    def slope(y, t):
        return np.array(np.broadcast_arrays(*rates(y, t)))

    order, atol = elimination_order(places, len(y)), np.reshape(atol, (-1, 1))
    out = np.full((len(times), *y.shape), np.nan)
    out[0] = y
    alive = np.ones(y.shape[1], dtype=bool)
    t, place, step = times[0], 1, first_step
    while place < len(times):
        h = min(step, times[place] - t)
        arrives = h >= times[place] - t
        first = slope(y, t)
        drift = 0.0 if steady else (slope(y, t + 1e-4 * h) - first) * (1e4 / h)
        solved = _factored(jacobian(y, t), places, order, 1.0 / (h * GAMMA))
        at, found = y, []
        for stage in range(8):
            if 0 < stage < 6:
                at = y + sum(share * part for share, part in zip(A[stage - 1], found, strict=True))
            elif stage:
                at = at + found[-1]
            b = slope(at, t + TIMES[stage] * h) if stage else first.copy()
            for share, part in zip(C[stage - 1] if stage else (), found, strict=True):
                b += (share / h) * part
            found.append(solved(b + SLOPES[stage] * h * drift))
        new = at + found[-1]
        error = np.sqrt(np.mean((found[-1] / (atol + rtol * np.maximum(np.abs(y), np.abs(new)))) ** 2, axis=0))
        error = np.where(np.isfinite(error), error, np.inf)
        worst = np.max(error[alive], initial=1e-10)
        if worst <= 1 or not alive.any():
            y, t = np.where(alive, new, y), times[place] if arrives else t + h
            if arrives:
                out[place] = np.where(alive, y, np.nan)
                place += 1
        elif h < 1e-9:
            alive &= error <= 1
        fitting = h * min(6.0, max(0.2, 0.9 * worst**-0.2))
        # A step cut short by a stored time says little.
        step = max(step, fitting) if arrives and worst <= 1 else fitting
    return out
