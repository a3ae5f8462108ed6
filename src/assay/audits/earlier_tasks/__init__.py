"""What a strategy that goes on from another project's still knows of that project's task."""
