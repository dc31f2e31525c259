"""The built-in TAP service: DuckDB behind HTTP, with ADQL read into a tree. Knows nothing of the client."""
