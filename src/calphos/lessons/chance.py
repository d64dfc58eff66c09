"""Chance that repeats: the same key gives the same numbers here and on a page with no Python.

Everything is done on whole numbers of 32 bits and with additions, so another language gives the same values bit for bit. The
key is hashed (FNV-1a over its UTF-8 text, parts joined by "|"); the hash seeds mulberry32. The clinic draws, in this order:
one uniform number for ("severity", case, seed); for each result of an order one normal number from
("test", case, seed, test, number of orders before), in the order of the test's `reports`.
"""

_MASK = 0xFFFFFFFF


class Chance:
    """A stream of random numbers that depends only on its key.

    >>> chance = Chance("severity", "04", 7)
    >>> round(chance.uniform(), 6), round(chance.normal(), 6)
    (0.07677, 1.838497)
    """

    def __init__(self, *key):
        self._state = 0x811C9DC5
        for byte in "|".join(map(str, key)).encode():
            self._state = (self._state ^ byte) * 0x01000193 & _MASK

    def uniform(self):
        """Return a number from 0 (included) to 1 (excluded)."""
        self._state = (self._state + 0x6D2B79F5) & _MASK
        mixed = (self._state ^ self._state >> 15) * (self._state | 1) & _MASK
        mixed ^= mixed + ((mixed ^ mixed >> 7) * (mixed | 61) & _MASK) & _MASK
        return (mixed ^ mixed >> 14) / 2**32

    def normal(self):
        """Return a number with mean 0 and standard deviation 1: twelve uniform ones added, less 6 (so within ±6)."""
        return sum(self.uniform() for _ in range(12)) - 6
