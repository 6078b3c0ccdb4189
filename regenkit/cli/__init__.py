"""The command line: thin commands over pipelines, runs and `analysis`."""
