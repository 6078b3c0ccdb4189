"""The command line: a thin skin over pipelines, runs and the analysis room."""
