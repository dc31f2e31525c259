"""Widgets: each shows traits and changes them, and owns no truth."""
