"""Which video files are read, by suffix, and which are known for videos and are not."""

READS = (".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".mpg", ".mpeg", ".ogv", ".gif")
WRITES = (".mp4", ".png", ".gif")
"""A player, a strip of frames, and a picture that moves."""
SOUNDS = (".wav", ".mp3", ".flac", ".ogg", ".opus", ".m4a", ".aac")
"""Files of sound alone."""
UNREAD = (".wmv", ".asf", ".flv", ".f4v", ".3gp", ".3g2", ".ts", ".mts", ".m2ts", ".m2v", ".vob", ".rm", ".rmvb",
          ".ogm", ".divx", ".mxf", ".webp", ".apng")  # fmt: skip
"""What is found of these among a user's videos is named."""
