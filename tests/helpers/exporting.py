"""What tests of exports share: an arm fitted in this process, as a `Source`."""

from dataclasses import replace

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


def both(source, form, questions, folder):
    """Answers of the arm, decoded, and of the export in `folder`."""
    from assay.deployment.export.formats.greedy_answers import decoding

    arm = source.open()
    alone = questions if form.asks == "question" else ()
    return decoding(arm).answer(questions), decoding(arm, form.opened(folder), alone).answer(
        questions
    )
