"""What changes of the questions do to the answers, where the label stays."""
