"""Music analysis of a melody's encoded fields (`modality.melody.SPEC`), so that Y′ is a function of Y's arrays alone."""
