"""A TAP service over HTTP: connecting, what it can do, its jobs. The only part that uses pyvo and requests."""
