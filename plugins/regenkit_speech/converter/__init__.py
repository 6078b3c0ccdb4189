"""Y′ of a waveform, by a rule or learned."""
