"""Many courses at once: a Rosenbrock method whose every operation is done for all patients together, as NumPy arrays.

Rodas5P (eight stages, order 5, stiffly accurate), with the exact Jacobian and a sparse elimination in the order of least
fill. Coefficients: Steinebach G. Construction of Rosenbrock-Wanner method Rodas5P and numerical benchmarks within the
Julia Differential Equations package. BIT Numer Math 2023;63:27.
"""

import numpy as np

GAMMA = 0.21193756319429014
# Row i: what stage i + 1 takes of the stages before it, in its argument (A) and in its right-hand side (C).
A = (
    (3.0,),
    (2.849394379747939, 0.45842242204463923),
    (-6.954028509809101, 2.489845061869568, -10.358996098473584),
    (2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641),
    (-7.502846399306121, 2.561846144803919, -11.627539656261098, -0.18268767659942256, 0.030198172008377946),
)
C = (
    (-14.155112264123755,),
    (-17.97296035885952, -2.859693295451294),
    (147.12150275711716, -1.41221402718213, 71.68940251302358),
    (165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306),
    (24.854864614690072, -3.0009227002832186, 47.4931110020768, 5.5814197821558125, -0.6610691825249471),
    (
        30.91273214028599,
        -3.1208243349937974,
        77.79954646070892,
        34.28646028294783,
        -19.097331116725623,
        -28.087943162872662,
    ),
    (
        37.80277123390563,
        -3.2571969029072276,
        112.26918849496327,
        66.9347231244047,
        -40.06618937091002,
        -54.66780262877968,
        -9.48861652309627,
    ),
)
TIMES = (0.0, 0.6358126895828704, 0.4095798393397535, 0.9769306725060716, 0.4288403609558664, 1.0, 1.0, 1.0)
SLOPES = (GAMMA, -0.42387512638858027, -0.3384627126235924, 1.8046452872882734, 2.325825639765069, 0.0, 0.0, 0.0)


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
        arms = {
            pivot: (
                [row for row in left if row != pivot and (row, pivot) in filled],
                [column for column in left if column != pivot and (pivot, column) in filled],
            )
            for pivot in left
        }
        pivot = min(left, key=lambda state: len(arms[state][0]) * len(arms[state][1]))
        below, right = arms[pivot]
        filled |= {(row, column) for row in below for column in right}
        left.remove(pivot)
        order.append((pivot, below, right))
    return order


class _Matrix:
    """1/(h gamma) - J for all patients, factored without pivoting."""

    def __init__(self, entries, places, order, diagonal):
        self.order = order
        self.part = {place: -entry for place, entry in zip(places, entries, strict=True)}
        part = self.part
        for pivot, _, _ in order:
            part[pivot, pivot] = diagonal + part.get((pivot, pivot), 0.0)
        for pivot, below, right in order:
            inverse = part[pivot, pivot] = 1.0 / part[pivot, pivot]
            for row in below:
                factor = part[row, pivot] = part[row, pivot] * inverse
                for column in right:
                    part[row, column] = part.get((row, column), 0.0) - factor * part[pivot, column]

    def solve(self, b):
        """Solve for the right-hand side `b` (states, patients), in place."""
        for pivot, below, _ in self.order:
            for row in below:
                b[row] -= self.part[row, pivot] * b[pivot]
        for pivot, _, right in reversed(self.order):
            for column in right:
                b[pivot] -= self.part[pivot, column] * b[column]
            b[pivot] *= self.part[pivot, pivot]
        return b


def solve(rates, jacobian, places, y, times, rtol, atol, steady=False, first_step=1e-3):
    """Return states at `times` as an array (times, states, patients), NaN where a patient's equations run away.

    rates, jacobian   functions of (states, hours): an array (states, patients); the entries at `places`
    y                 states at times[0], an array (states, patients)
    atol              absolute tolerance of each state
    steady            the equations do not depend on time
    first_step        hours

    One step serves all: its length is that of the patient who needs the shortest.
    """
    order = elimination_order(places, len(y))
    atol = np.reshape(atol, (-1, 1))
    out = np.full((len(times), *y.shape), np.nan)
    out[0] = y
    alive = np.ones(y.shape[1], dtype=bool)
    t, place = times[0], 1
    step = first_step
    while place < len(times):
        h = min(step, times[place] - t)
        arrives = h >= times[place] - t
        first = np.array(np.broadcast_arrays(*rates(y, t)))
        drift = 0.0
        if not steady:
            drift = (np.array(np.broadcast_arrays(*rates(y, t + 1e-4 * h))) - first) * (1e4 / h)
        matrix = _Matrix(jacobian(y, t), places, order, 1.0 / (h * GAMMA))
        at, found = y, []
        for stage in range(8):
            if 0 < stage < 6:
                at = y + sum(share * part for share, part in zip(A[stage - 1], found, strict=True))
            elif stage:
                at = at + found[-1]
            b = np.array(np.broadcast_arrays(*rates(at, t + TIMES[stage] * h))) if stage else first.copy()
            for share, part in zip(C[stage - 1] if stage else (), found, strict=True):
                b += (share / h) * part
            found.append(matrix.solve(b + SLOPES[stage] * h * drift))
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
        if not (arrives and worst <= 1 and step > h):
            step = h * min(6.0, max(0.2, 0.9 * worst**-0.2))
        else:
            step = max(step, h * min(6.0, 0.9 * worst**-0.2))
    return out
