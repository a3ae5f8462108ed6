"""Texts with slips of the hand."""


def slip(text, draw, edits):
    for _ in range(edits):
        at = draw.randrange(len(text) - 1)
        swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        text = draw.choice(
            (
                swapped,
                text[:at] + text[at + 1 :],
                text[:at] + "e" + text[at:],
                text[:at] + "o" + text[at + 1 :],
            )
        )
    return text
