"""Formats of the tables people have: one module each, chosen by what a file holds, never by its name alone."""
