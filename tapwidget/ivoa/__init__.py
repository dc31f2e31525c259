"""The standards' words as values: UWS, TAP_SCHEMA and VOTable, TAPRegExt, ADQL."""
