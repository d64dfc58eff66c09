"""Chemistry of calcium and phosphate in solution, and the sites where they fall out."""

from calphos.chemistry.speciation import *
