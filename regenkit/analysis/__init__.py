"""What runs are worth, for the command line alone; nothing else in regenkit imports from here.

    evaluate  compare  probe      the three commands: what they train, measure and write
    pages/                        HTML pages, plots, terminal tables, the model card
    findings/                     the same figures in sentences
    grid/                         the cells of a comparison, what they share, their figures
    measures/                     bits, samples, scores, and measures of the boundary Y′
    results/                      the types of all figures, and the JSON files they are written to

Each imports from those below it alone.
"""
