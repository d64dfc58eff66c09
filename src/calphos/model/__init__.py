"""The body as equations, and what runs them through time."""
