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


# Of asm/unistd_64.h of x86_64, then of aarch64.
REFUSED = {
    "shmget": (29, 194), "semget": (64, 190), "msgget": (68, 186), "mq_open": (240, 180),
    "memfd_create": (319, 279), "ptrace": (101, 117), "kcmp": (312, 272),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "personality": (135, 92),
    "pivot_root": (155, 41), "chroot": (161, 51), "mount": (165, 40), "umount2": (166, 39),
    "unshare": (272, 97), "setns": (308, 268), "swapon": (167, 224), "reboot": (169, 142),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "add_key": (248, 217),
    "request_key": (249, 218), "keyctl": (250, 219), "perf_event_open": (298, 241),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "bpf": (321, 280),
    "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "pidfd_getfd": (438, 438), "mount_setattr": (442, 442), "quotactl_fd": (443, 443),
    "memfd_secret": (447, 447),
}  # fmt: skip


@pytest.mark.parametrize(
    ("machine", "arch", "column"), [("x86_64", X86_64, 0), ("aarch64", AARCH64, 1)]
)
def test_these_calls_are_refused_and_no_others(machine, arch, column):
    program = filter_of(machine)
    found = {number for number in range(500) if verdict(program, arch, number) == EPERM}
    assert found == {numbers[column] for numbers in REFUSED.values()}


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
