import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from assay.strategies.training.prompt_tuning import PromptTuning


def test_it_starts_from_the_words_of_instruction_and_labels(lesson, open_tiny):
    model, given = open_tiny(), lesson("classify")
    task = given.task.model_copy(update={"instruction": "Which of these?"})
    change = PromptTuning(tokens=40).change(model, replace(given, task=task))
    (virtual,) = change.trained.values()
    words = model.network.get_input_embeddings().weight
    nearest = torch.cdist(virtual, words).argmin(1).tolist()
    ids = model.chat.text_ids("Which of these? card, card lost, refund")
    # Fewer than the virtual tokens: they begin again.
    assert len(ids) < 40
    assert nearest == (ids * 3)[:40]
    assert torch.equal(virtual, words[torch.tensor(nearest)])


def test_it_starts_from_words_that_the_seed_draws(lesson, open_tiny):
    words = open_tiny().network.get_input_embeddings().weight
    starts = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        change = PromptTuning(tokens=7, start="vocabulary").change(open_tiny(), lesson("answer"))
        starts.append(change.trained["soft.embeddings"].detach())
    assert torch.equal(starts[0], starts[1]) and not torch.equal(starts[0], starts[2])
    assert float(torch.cdist(starts[0], words).min(1).values.max()) < 1e-3


def test_the_folder_is_peft_s(lesson, open_tiny, tmp_path):
    change = PromptTuning(tokens=4).change(open_tiny(), lesson("answer"))
    folder = tmp_path / "arm"
    folder.mkdir()
    change.write(folder)
    (kept,) = load_file(folder / "adapter_model.safetensors").items()
    assert (kept[0], kept[1].shape, kept[1].dtype) == ("prompt_embeddings", (4, 64), torch.float32)
    config = json.loads((folder / "adapter_config.json").read_text())
    assert (config["peft_type"], config["num_virtual_tokens"], config["token_dim"]) == (
        "PROMPT_TUNING",
        4,
        64,
    )
    assert config["task_type"] == "CAUSAL_LM" and config["inference_mode"]


@pytest.mark.slow
def test_it_learns_what_answers_look_like(lesson, one_thread, tmp_path):
    # The base is random, so that its frozen layers tell little of the question: what can be learnt
    # is which answers there are. Three labels are a few tokens of the 433 that a random model draws
    # from.
    given = lesson("classify")
    method = PromptTuning(epochs=15, batch_size=6)
    arm = method.fit(replace(given, val=()))
    assert arm.curve[-1]["train_loss"] < 0.6 * arm.curve[0]["train_loss"]
    folder = tmp_path / "arm"
    folder.mkdir()
    arm.save(folder)
    again = method.restore(folder, given)
    questions = [row.question for row in given.val]
    assert again.answer(questions) == arm.answer(questions)
