"""English words without a meaning of their own, which a template keeps: what holds a sentence together."""

_WORDS = """
    a an the this that these those such each every any some no all both either neither another other many much more most
    few less several same own
    i me my you your he him his she her it its we us our they them their who whom whose which what one
    and or nor but yet so if than as because while when where whether although though unless until since
    of in to for on with at by from into onto upon about over under between among through during before after against
    within without via per like along across behind beyond near off out up down around toward towards using
    is are was were be been being am has have had having do does did done can could may might must shall should will
    would     not only also very too just even often usually then there here how why again once etc i.e. e.g.
"""
WORDS = tuple(_WORDS.split())
"""In lower case."""
