"""Labels by people: sheets out and back, votes, agreement, disputes, likely label errors, and what
to label next.

votes.py      what somebody said about a row, in `annotations.jsonl`
sheet.py      rows to files that people fill in
returned.py   the filled files back, checked
agreement.py  percent, kappa, alpha, span F1
settle.py     one label of several votes, or a dispute
weighted.py   Dawid and Skene's weights
apply.py      votes over the labels of the data files
doubt.py      likely label errors
choose.py     the most informative rows first
"""
