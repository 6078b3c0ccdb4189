"""Which video files are read, by suffix, and which are known for videos and are not."""

READS = (".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".mpg", ".mpeg", ".ogv", ".gif")
WRITES = (".mp4", ".png", ".gif")
"""A player, a strip of frames, and a picture that moves."""
SOUNDS = (".wav", ".mp3", ".flac", ".ogg", ".opus", ".m4a", ".aac")
"""Files of sound alone."""
UNREAD = (".wmv", ".flv", ".3gp", ".mts", ".m2ts", ".vob", ".rm", ".rmvb", ".divx", ".mxf", ".webp", ".apng")
"""What is found of these among a user's videos is named."""
