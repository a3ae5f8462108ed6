"""What a trained arm can no longer do: general probes before and after."""
