"""What scores there are of each modality: which direction is better, and what they say."""

VIDEO = {
    "psnr": ("higher", "decibels between a clip and its own reference, a frame"),
    "ssim": ("higher", "structural similarity of frames to the own reference's"),
    "flicker": ("closer", "how much frames change beyond going on as they did"),
    "class_accuracy": ("higher", "share of frames that are taken for the class asked for"),
    "frechet_distance": ("lower", "Fréchet distance of clips, on a classifier of the training pairs"),
    "motion": ("higher", "share of steps in which a bright thing on black keeps its speed"),
    "direction": ("higher", "whether it begins in the direction that the caption names"),
}

FACE = {
    "landmark_error": ("lower", "distance of all points to the reference's, by that of the eyes"),
    "mouth_error": ("lower", "the same of the lips"),
    "lip_correlation": ("higher", "correlation of the lips' opening with the reference's"),
    "lip_lag": ("lower", "frames by which the lips are early or late"),
    "jitter": ("closer", "how much points change beyond going on as they did"),
}

HEAD = {
    "psnr": ("higher", "decibels between frames and the own reference's"),
    "ssim": ("higher", "structural similarity of frames to the own reference's"),
    "perceptual_distance": ("lower", "absolute difference to the own reference by bands of detail"),
    "lip_correlation": ("higher", "correlation of the lips' opening, as tracked, with the reference's"),
    "lip_lag": ("lower", "frames by which the lips are early or late"),
    "landmark_error": ("lower", "distance of all tracked points to the reference's, by that of the eyes"),
    "identity_distance": ("lower", "distance of the person's own shape to the reference's, by that of the eyes"),
    "sync": ("closer", "how much better mouth and voice agree in time than out of it"),
    "flicker": ("closer", "how much frames change beyond going on as they did"),
}
