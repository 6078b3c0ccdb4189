"""Music analysis of a melody's encoded fields (`modality.melody.SPEC`): Y′ is a function of Y's arrays alone."""
