"""A miniature of the internet that Pytomo measures, in one process and on loopback only."""
