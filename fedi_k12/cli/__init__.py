"""The command line: what an operator does without the pages.

Exit codes: 0 done, 1 it could not be done for a reason that is told, 2 used wrongly.
"""
