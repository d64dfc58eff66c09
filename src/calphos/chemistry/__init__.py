"""Chemistry of calcium and phosphate in solution, and the sites where they fall out."""

from calphos.chemistry.speciation import (
    LIGANDS,
    METALS,
    SaturationMap,
    Speciation,
    calcium_phosphate_product,
    compare_constants,
    constant_sets,
    inhibitors,
    plasma,
    product_evidence,
    product_thresholds,
    ripening_data,
    ripening_time,
    saturation_map,
    speciate,
)

__all__ = [
    "LIGANDS",
    "METALS",
    "SaturationMap",
    "Speciation",
    "calcium_phosphate_product",
    "compare_constants",
    "constant_sets",
    "inhibitors",
    "plasma",
    "product_evidence",
    "product_thresholds",
    "ripening_data",
    "ripening_time",
    "saturation_map",
    "speciate",
]
