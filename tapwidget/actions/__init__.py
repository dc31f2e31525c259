"""Where state meets the network: work on background threads, its answers published into traits."""
