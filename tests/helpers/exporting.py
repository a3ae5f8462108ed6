"""What tests of exports share: an arm fitted in this process, as a `Source`."""

from dataclasses import replace

from assay.config import make_strategy
from assay.deployment.export.formats.source import Base, ExportSource, Wish


def fitted(strategy, lesson, folder):
    """The arm, fitted and saved in `folder` as a run leaves it."""
    arm = strategy.fit(lesson)
    folder.mkdir()
    arm.save(folder)
    return arm


def source_of(strategy, lesson, folder, base, out, **wish):
    """The arm in `folder` as formats take it; models are opened by the lesson's own `open_model`,
    in fp32."""
    bare = replace(lesson, train=(), val=(), documents=())
    return ExportSource(
        name="arm",
        project="toy",
        strategy=strategy,
        task=lesson.task,
        key="key",
        folder=folder,
        base=Base("tiny", base, "0" * 64, context=512),
        lesson=lambda precision: bare,
        out=out,
        wish=Wish(**wish),
        examples=tuple(row.question for row in lesson.val),
    )


def unfitted(settings, lesson, base, folder, **wish):
    """An arm of these settings as formats are asked about it before anything is loaded."""
    return source_of(make_strategy(settings, {}), lesson, folder, base, folder / "out", **wish)


def check_refused(refuses, source, way):
    """The format refuses the arm by C142, says why in these words, and names a way out."""
    first = next(iter(refuses(source)))
    assert first.code == "C142" and way in first.text and first.help, first


def both(source, form, questions, folder):
    """Answers of the arm, decoded, and of the export in `folder`."""
    from assay.deployment.export.formats.greedy_answers import decoding

    arm = source.open()
    alone = questions if form.asks == "question" else ()
    return decoding(arm).answer(questions), decoding(arm, form.opened(folder), alone).answer(
        questions
    )
