"""The local page: what `assay ui` serves to a browser of this machine."""
