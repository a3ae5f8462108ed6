"""Bases whose weights were changed before an arm is made of them."""

import pytest


@pytest.fixture
def opened(open_tiny):
    """`opened(change)`: an `open_model` whose networks went through `change`."""
    import torch

    def make(change):
        def open_model(*asked):
            model = open_tiny(*asked)
            with torch.no_grad():
                change(model.network)
            return model

        return open_model

    return make
