"""Which picture files are read, by suffix, and which are known for pictures and are not."""

READS = (
    ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".gif", ".tif", ".tiff", ".avif",
    ".jp2", ".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".npy",
)  # fmt: skip
WRITES = (".png",)
UNREAD = (
    ".heic", ".heif", ".jxl", ".svg", ".psd", ".xcf", ".eps", ".ico", ".exr", ".hdr", ".dds", ".wmf", ".emf", ".raw",
    ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".raf", ".rw2",
)  # fmt: skip
"""What is found of these among a user's pictures is named."""
