"""What an app knows: its form and its runs. Traits only, no network, no widgets."""
