"""Pytomo: how well do online videos play from here, and what is to blame when they don't?"""

__version__ = "4.0.0"
