"""What files of sound are read and written. Nothing heavy is imported here."""

READS = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".g722", ".m4a", ".aiff", ".aif")
WRITES = (".wav", ".png", ".flac")
"""A .png shows the waveform and the spectrogram."""
