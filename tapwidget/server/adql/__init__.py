"""ADQL to the SQL of the engine.

A query is read into a tree (`reader`), and *new* SQL is written from what the tree says (`query`, `expressions`). A
node that is not understood is refused; no name of the user and no text but quoted literals ever reaches the engine.
"""
