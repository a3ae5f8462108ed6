"""How long an arm takes until it answers by a change, and what it loses: `changes` makes the
changes, `facts` finds what can be changed in a document."""
