"""Tests on several processes that are forked from one: `pytest --processes 2`.

Why       with pytest-xdist each process imports torch and collects 300 files for itself, which took
          as long as half of the tests. Here all is imported and collected once; then the processes
          are forked and take file by file The workers of the runs that tests start are forked, too,
          from the servers of one run
How       each writes its reports to a pipe, and the parent hands them to pytest as if the test had
          run there. A process that dies fails the test it was at, and another one takes the files
          that are left
"""

import gc
import importlib
import json
import os
import selectors
import signal
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import pytest
from hypothesis import Phase, find, settings, strategies

from assay.runtime.arms.fork_server import why_not
from assay.runtime.arms.process import Servers

# What many tests import: not imported here, it would be in every process anew.
HEAVY = (
    "torch",
    "transformers.models.llama.modeling_llama",
    "peft",
    "sklearn.linear_model",
    "scipy.stats",
)
NUMBER = struct.Struct("!I")
# Seconds that a test is taken to need before it has run once: by its mark, for what is long has to
# begin first.
UNKNOWN = {"nightly": 5.0, "real": 2.0, "slow": 0.7, "": 0.05}
SECONDS = "assay/seconds"  # in pytest's cache: what each test took


def draw_texts():
    """The first texts of Hypothesis make a table of all letters and read the constants of all
    modules, for seconds in a new clone: once, and not in each process."""
    texts = strategies.lists(strategies.text(), min_size=100)
    find(texts, lambda some: True, settings=settings(phases=[Phase.generate]))


def pytest_addoption(parser):
    parser.addoption(
        "--processes", type=int, default=0, help="run the tests on so many forked processes"
    )


def pytest_configure(config):
    if config.getoption("--processes") > 1:
        config.pluginmanager.register(Parallel(config), "processes")


@dataclass
class Child:
    """A forked process: its pipe, what of its last message is there, and the test it is at."""

    pid: int
    pipe: int
    heard: bytes = b""
    at: str = ""
    ended: bool = False

    def messages(self) -> Iterator[dict]:
        """What it has said since; empty when it has ended."""
        part = os.read(self.pipe, 1 << 16)
        self.ended = not part
        self.heard += part
        while len(self.heard) >= NUMBER.size:
            end = NUMBER.size + NUMBER.unpack(self.heard[: NUMBER.size])[0]
            if len(self.heard) < end:
                return
            message, self.heard = self.heard[NUMBER.size : end], self.heard[end:]
            yield json.loads(message)


class Parallel:
    def __init__(self, config):
        self.config = config
        self.seconds: dict[str, float] = config.cache.get(SECONDS, {})

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session):
        if session.testsfailed or self.config.option.collectonly or not session.items:
            return None
        for name in HEAVY:
            importlib.import_module(name)
        importlib.import_module("torch").set_num_threads(1)
        draw_texts()
        with Servers() as servers:
            servers.share()  # the runs of all tests fork their workers from these
            if why := why_not():
                raise pytest.UsageError(f"{why}: a test module that is imported must not start any")
            gc.collect()
            gc.freeze()
            self.config._tmp_path_factory.getbasetemp()  # one folder for all
            files = [list(items) for _, items in groupby(session.items, key=_together)]
            # so that no process waits long for the others in the end
            files.sort(key=self._cost, reverse=True)
            queue, feed = os.pipe()
            os.write(feed, b"".join(map(NUMBER.pack, range(len(files)))))
            os.close(feed)
            self._run(session, files, queue)
        self.config.cache.set(SECONDS, self.seconds)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        return True

    def _cost(self, items) -> float:
        def unknown(item) -> float:
            return next(
                seconds
                for mark, seconds in UNKNOWN.items()
                if not mark or item.get_closest_marker(mark)
            )

        return sum(self.seconds.get(item.nodeid) or unknown(item) for item in items)

    def _run(self, session, files, queue) -> None:
        with selectors.DefaultSelector() as pipes:

            def start():
                child = self._fork(session, files, queue)
                pipes.register(child.pipe, selectors.EVENT_READ, child)

            for _ in range(min(self.config.getoption("--processes"), len(files))):
                start()
            try:
                while pipes.get_map():
                    for key, _ in pipes.select():
                        child = key.data
                        for message in child.messages():
                            self._hear(child, message)
                        if child.ended:
                            pipes.unregister(child.pipe)
                            os.close(child.pipe)
                            code = os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])
                            if code:
                                self._died(child, code)
                                start()
                    if session.shouldfail:
                        return
            finally:
                for key in list(pipes.get_map().values()):
                    os.kill(key.data.pid, signal.SIGKILL)
                    os.waitpid(key.data.pid, 0)

    def _hear(self, child: Child, message: dict) -> None:
        child.at = message["at"]
        if "report" in message:
            report = self.config.hook.pytest_report_from_serializable(
                config=self.config, data=message["report"]
            )
            if isinstance(report.longrepr, list):  # why it was skipped: JSON knows no tuples
                report.longrepr = tuple(report.longrepr)
            if report.when == "call":
                self.seconds[report.nodeid] = round(report.duration, 3)
            self.config.hook.pytest_runtest_logreport(report=report)
            if report.failed:  # at once, for a run that is interrupted has no summary
                self.config.get_terminal_writer().line(f" {report.nodeid} ({report.when})")
        elif "end" in message:
            self.config.hook.pytest_runtest_logfinish(
                nodeid=child.at, location=tuple(message["end"])
            )

    def _died(self, child: Child, code: int) -> None:
        place = (child.at.partition("::")[0], None, child.at)
        why = (
            "the process of this test"
            f" ended with exit code {code} (minus the signal that killed it)"
        )
        report = pytest.TestReport(child.at, place, {}, "failed", why, "call", duration=0)
        self.config.hook.pytest_runtest_logreport(report=report)

    def _fork(self, session, files, queue) -> Child:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid:
            os.close(writing)
            return Child(pid, reading)
        code = 1
        try:
            os.close(reading)
            self._work(session, files, queue, writing)
            code = 0
        finally:
            os._exit(code)

    def _work(self, session, files, queue, pipe) -> None:
        """In the forked process: take file after file. The next one is known before the last test
        of this one ends, for only then are the fixtures kept that both use."""
        plugins = self.config.pluginmanager
        plugins.unregister(plugins.getplugin("terminalreporter"))
        plugins.unregister(self)
        capture = plugins.getplugin("capturemanager")
        capture.stop_global_capturing()  # its files are shared with the other processes
        capture.start_global_capturing()
        speaker = Speaker(self.config, pipe)
        plugins.register(speaker, "speaker")
        items = self._taken(files, queue)
        variables = dict(os.environ)
        while items:
            following = self._taken(files, queue)
            for item, after in zip(
                items, [*items[1:], following[0] if following else None], strict=True
            ):
                speaker.say(at=item.nodeid)
                self.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
                speaker.say(at=item.nodeid, end=item.location)
            os.environ.update(
                variables
            )  # libraries add to them, and runs in other surroundings need servers of their own
            for name in os.environ.keys() - variables.keys():
                del os.environ[name]
            items = following

    def _taken(self, files, queue) -> list[pytest.Item]:
        number = os.read(queue, NUMBER.size)
        return files[NUMBER.unpack(number)[0]] if number else []


def _together(item: pytest.Item) -> str:
    """What is run in one process: the tests of a file, or a test alone that takes as long as many
    files."""
    return item.nodeid if item.get_closest_marker("apart") else item.location[0]


class Speaker:
    """Sends the reports of a forked process to the parent."""

    def __init__(self, config, pipe):
        self.config = config
        self.pipe = pipe

    def say(self, **message) -> None:
        data = json.dumps(message).encode()
        data = NUMBER.pack(len(data)) + data
        while data:
            data = data[os.write(self.pipe, data) :]

    def pytest_runtest_logreport(self, report) -> None:
        data = self.config.hook.pytest_report_to_serializable(config=self.config, report=report)
        self.say(at=report.nodeid, report=data)
