"""Suffixes of files of maps, by modality. Nothing heavy is imported here."""

CLASSES = (".png",)
NUMBERS = (".png", ".pfm", ".npy")
SEVERAL = (".npz", ".png")
LABELS = (".png", ".pfm", ".npy", ".tif", ".tiff", ".bmp", ".gif")
"""What may lie in a folder of labels."""
