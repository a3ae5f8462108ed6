"""LoRA's weights: several on one base, combined, merged, and whether they belong to it."""
