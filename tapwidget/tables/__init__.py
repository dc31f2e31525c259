"""The user's tables: how they are opened and saved, what their columns mean, how they travel."""
