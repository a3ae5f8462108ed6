"""What tests of adapters share: a few plain training steps, and the saved folder through plain
PEFT."""

import warnings
from contextlib import contextmanager

import torch

from assay.strategies.training.trained_arm import sequences_of
from assay.tasks.prompt_format import ask


def sequences(model, given, rows):
    return sequences_of(model.chat, given.task, rows)


def loss_of(network, sequence):
    """Mean loss of the learnt tokens of one sequence, by transformers itself."""
    labels = torch.full((len(sequence.ids),), -100)
    labels[sequence.targets] = torch.tensor(sequence.ids)[sequence.targets]
    return network(torch.tensor([sequence.ids]), labels=labels[None], use_cache=False).loss


def taught(model, change, given, *, steps=6, rate=1e-2):
    """The network after `steps` steps of AdamW, each on one training row; in evaluation mode."""
    network = model.network.train()
    optimiser = torch.optim.AdamW(list(change.trained.values()), lr=rate, weight_decay=0.0)
    for step, sequence in enumerate(sequences(model, given, given.train[:steps])):
        loss = loss_of(network, sequence)
        if change.penalty:
            loss = loss + change.penalty()
        loss.backward()
        optimiser.step()
        if change.after:
            change.after(step + 1, steps)
        optimiser.zero_grad()
    return network.eval()


def same_gradients(network, peer, trained, sequence):
    """The trained parameters of `network` get the gradients that a plain PeftModel with the same
    numbers gives them."""
    peer.requires_grad_(True)
    loss_of(network.train(), sequence).backward()
    loss_of(peer.train(), sequence).backward()
    others = dict(peer.named_parameters())
    for name, parameter in trained.items():
        torch.testing.assert_close(
            parameter.grad, others[f"base_model.model.{name}"].grad, atol=1e-6, rtol=1e-4
        )


def logits(network, model, given):
    """What the network says after a question of val, float (tokens, vocabulary)."""
    ids, _ = model.chat.prompt(ask(given.task, given.val[0]))
    with torch.no_grad():
        return network(torch.tensor([ids])).logits[0].float()


def saved(change, folder):
    folder.mkdir()
    change.write(folder)
    return folder


@contextmanager
def their_warnings():
    """peft 0.21 asks transformers for a name that is going away, and looks for the layers of LoRA's
    `rank_pattern` in AdaLoRA's, whose keys are other names."""
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning
        )
        warnings.filterwarnings(
            "ignore", "The following rank_pattern keys did not match", RuntimeWarning
        )
        yield


def through_peft(network, folder):
    """The saved folder on the base `network`, by PEFT alone; in evaluation mode."""
    from peft import PeftModel

    with their_warnings():
        return PeftModel.from_pretrained(network, folder).eval()
