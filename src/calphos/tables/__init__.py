"""Reference data: tables, quantities, sources, words. Nothing here knows the model."""
