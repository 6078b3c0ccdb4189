"""The loop: one update a file, the state it changes, how that is kept, and the devices and processes that share it."""
