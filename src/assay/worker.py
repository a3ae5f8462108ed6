"""The process that runs one stage: `python -m assay.worker <folder>`.

The folder holds `request.json`; events go to stdout, one JSON object a line; results lie in stage
folders. A process of its own has its own peak of memory and threads, and its death is a message.
The parent never loads torch.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from assay.core import store
from assay.core.errors import AssayError, Stopped, system_error
from assay.runtime.arms.job import Job
from assay.runtime.arms.launcher import Launch
from assay.runtime.arms.process import begin
from assay.runtime.arms.training_follower import follow, train_silently
from assay.runtime.costs.usage import peak_bytes


def work(job: Job) -> None:
    """What the request asks for."""
    if job.request["mode"] == "probe":
        from assay.runtime.planning.probe import probe

        probe(job)
        return
    if job.strategy.neural:
        from assay.models.determinism import steady
        from assay.models.environment import threads

        steady(job.seed, threads())
    if job.request["mode"] == "memory":
        from assay.audits.contamination.run import read_texts

        read_texts(job)
    elif job.request["mode"] == "alike":
        from assay.runtime.arms.embedding_similarity import read_pairs

        read_pairs(job)
    elif job.request["mode"] == "probes":
        from assay.audits.forgetting.run import ask_probes

        ask_probes(job)
    elif job.request["mode"] == "other":
        from assay.audits.other_tasks.run import answer_other

        answer_other(job)
    elif job.request["mode"] == "drill":
        from assay.audits.update_drill.worker_job import drill

        drill(job)
    elif job.request["mode"] == "train":
        follow(job)
        print(store.to_json({"event": "peak", "bytes": peak_bytes()}), flush=True)
    elif job.launch and job.launch.rank:
        job.launch.follow(lambda folder: train_silently(Job(folder)))
    else:
        job.arm()


def main(folder: Path) -> int:
    begin()
    job = Job(folder)
    signal.signal(signal.SIGTERM, job.stop)
    signal.signal(signal.SIGINT, job.stop)
    try:
        job.launch = Launch.here()
        work(job)
        if job.launch and not job.launch.rank:
            job.launch.end()
    except (AssayError, OSError) as error:
        failure = error if isinstance(error, AssayError) else system_error(error)
        if failure is None:
            raise
        job.fail(failure)
        return failure.exit_code
    except Stopped as stopped:
        return stopped.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
