"""Networks over time, [batch, entries, width], that know of their entries which exist."""
