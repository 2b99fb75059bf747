"""Containers, read as their bytes come: which presentation time each byte position brings."""
