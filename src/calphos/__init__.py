"""calphos: how the body keeps calcium and phosphate in solution, and what happens when it fails."""

from calphos.errors import InputError

__version__ = "0.1.0"
__all__ = ["InputError"]
