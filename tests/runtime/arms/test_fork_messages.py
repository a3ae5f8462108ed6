"""Messages with open files between a fork server and its clients."""

import os
import socket
import threading

import pytest

from assay.runtime.arms.fork_messages import receive, send


@pytest.fixture
def pair():
    one, two = socket.socketpair()
    with one, two:
        yield one, two


def test_a_message_comes_whole_however_long_it_is(pair):
    # longer than a socket holds, so that it comes in pieces
    message = {"arguments": ["x" * 1_000_000, "é"], "folder": None}
    sending = threading.Thread(target=send, args=(pair[0], message))
    sending.start()
    assert receive(pair[1]) == (message, [])
    sending.join()


def test_open_files_come_as_descriptors_of_the_same_files(pair, tmp_path):
    with (tmp_path / "file").open("w+") as file:
        send(pair[0], ["go"], file.fileno())
        message, (there,) = receive(pair[1])
        assert message == ["go"] and there != file.fileno()
        assert os.path.samestat(os.fstat(there), os.fstat(file.fileno()))
        os.close(there)


def test_messages_are_told_apart(pair):
    for number in range(3):
        send(pair[0], number)
    assert [receive(pair[1])[0] for _ in range(3)] == [0, 1, 2]


def test_a_side_that_has_left_is_no_error(pair):
    pair[0].close()
    assert receive(pair[1]) == (None, [])
    send(pair[1], {"pid": 1})
