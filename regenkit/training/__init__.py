"""The training loop: an update, the state that it changes, checkpoints, validation, and the log."""
