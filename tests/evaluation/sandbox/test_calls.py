"""System calls that the filter refuses, read as the kernel reads it and tried in a sandbox."""

import struct

import pytest

from assay.evaluation.sandbox.calls import filter_of
from assay.evaluation.sandbox.python import Program, run

ALLOWED, EPERM, ENOSYS, KILLED = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000
X86_64, AARCH64 = 0xC000003E, 0xC00000B7


def verdict(program, arch, number, first=0):
    """What the kernel makes of a call: classic BPF over (number, arch, instruction, arguments)."""
    data, at, held = struct.pack("<IIQQ", number, arch, 0, first), 0, 0
    lines = list(struct.iter_unpack("<HBBI", program))
    while True:
        code, yes, no, k = lines[at]
        at += 1
        if code == 0x20:
            held = struct.unpack_from("<I", data, k)[0]
        elif code == 0x06:
            return k
        else:
            holds = {0x15: held == k, 0x35: held >= k, 0x45: bool(held & k)}[code]
            at += yes if holds else no


@pytest.mark.parametrize(
    ("machine", "arch", "read", "mount", "clone"),
    # the numbers of asm/unistd_64.h and asm-generic/unistd.h
    [("x86_64", X86_64, 0, 165, 56), ("aarch64", AARCH64, 63, 40, 220)],
)
def test_the_filter_lets_through_what_a_program_needs_and_no_more(
    machine, arch, read, mount, clone
):
    program = filter_of(machine)
    assert verdict(program, arch, read) == ALLOWED
    assert verdict(program, arch, mount) == EPERM
    assert verdict(program, arch, 425) == EPERM  # io_uring_setup
    assert verdict(program, arch, 435) == ENOSYS  # clone3
    assert verdict(program, arch, clone, 0x00010000) == ALLOWED  # a thread
    assert verdict(program, arch, clone, 0x10000000) == EPERM  # CLONE_NEWUSER
    assert verdict(program, 0x40000003, read) == KILLED  # called as a 32-bit program


def test_a_processor_that_is_not_known_has_no_filter():
    assert filter_of("riscv64") == b""


def test_calls_that_no_test_needs_are_refused(cage):
    source = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def tried(name, *words):
    ctypes.set_errno(0)
    return (getattr(libc, name)(*words), ctypes.get_errno())
def f():
    refused = [tried("unshare", 0x10000000), tried("mount", b"x", b"/tmp", b"tmpfs", 0, None)]
    refused += [tried("memfd_create", b"x", 0)]
    refused += [tried("syscall", 425, 1, 0), tried("syscall", 435, 0, 0)]
    return [number for _, number in refused]
"""
    # EPERM, and ENOSYS of clone3
    test = "assert f() == [1, 1, 1, 1, 38]"
    assert run(cage, Program(source, (test,), reference=source)).has_passed
