"""The engine of training: one loop, many objectives, optimisers, states. The methods are
strategies; see `assay.strategies.training`."""
