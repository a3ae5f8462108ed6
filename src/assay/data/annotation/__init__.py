"""Labels by people: sheets out and back, votes, agreement, disputes, likely label errors, and what
to label next.

votes.py                what somebody said about a row, in `annotations.jsonl`
export_sheet.py         rows to files that people fill in
import_sheet.py         the filled files back, checked
agreement.py            percent, kappa, alpha, span F1
adjudication.py         one label of several votes, or a dispute
dawid_skene.py          Dawid and Skene's weights
apply_votes.py          votes over the labels of the data files
confident_learning.py   likely label errors
active_learning.py      the most informative rows first
word_classifier.py      the linear model of words that these two ask
"""
