"""Which system calls a sandbox refuses, as a filter for the kernel.

What      calls that make memory no limit counts (System V shared memory, memfd), that make
          namespaces or mounts, that look into other processes, and ways into the kernel that a
          program under test has no use for
How       a seccomp filter in classic BPF: a refused call gives EPERM; clone3, whose flags a filter
          cannot read, gives ENOSYS, so that the C library takes clone
Watch out known for x86_64 and aarch64; elsewhere there is no filter, and the namespaces and limits
          stand alone
Source    Linux, Documentation/userspace-api/seccomp_filter.rst; the list is of the kind of Docker's
          default profile
"""

import platform
import struct

CLONE_NEW = 0x7E020000  # the flags of clone that make namespaces
NUMBERS: dict[str, tuple[int, dict[str, int]]] = {
    "x86_64": (
        0xC000003E,
        {
            "shmget": 29,
            "semget": 64,
            "msgget": 68,
            "ptrace": 101,
            "personality": 135,
            "pivot_root": 155,
            "chroot": 161,
            "mount": 165,
            "umount2": 166,
            "swapon": 167,
            "reboot": 169,
            "init_module": 175,
            "delete_module": 176,
            "mq_open": 240,
            "kexec_load": 246,
            "add_key": 248,
            "request_key": 249,
            "keyctl": 250,
            "unshare": 272,
            "perf_event_open": 298,
            "name_to_handle_at": 303,
            "open_by_handle_at": 304,
            "setns": 308,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "kcmp": 312,
            "finit_module": 313,
            "memfd_create": 319,
            "kexec_file_load": 320,
            "bpf": 321,
            "userfaultfd": 323,
            "clone": 56,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "shmget": 194,
            "semget": 190,
            "msgget": 186,
            "ptrace": 117,
            "personality": 92,
            "pivot_root": 41,
            "chroot": 51,
            "mount": 40,
            "umount2": 39,
            "swapon": 224,
            "reboot": 142,
            "init_module": 105,
            "delete_module": 106,
            "mq_open": 180,
            "kexec_load": 104,
            "add_key": 217,
            "request_key": 218,
            "keyctl": 219,
            "unshare": 97,
            "perf_event_open": 241,
            "name_to_handle_at": 264,
            "open_by_handle_at": 265,
            "setns": 268,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "kcmp": 272,
            "finit_module": 273,
            "memfd_create": 279,
            "kexec_file_load": 294,
            "bpf": 280,
            "userfaultfd": 282,
            "clone": 220,
        },
    ),
}
# The same number on every processor: io_uring_*, open_tree, move_mount, fsopen, fsconfig, fsmount,
# fspick, pidfd_getfd, mount_setattr, quotactl_fd, memfd_secret.
ALIKE = (425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 442, 443, 447)
CLONE3 = 435
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, ENOSYS = 1, 38


def filter_of(machine: str = "") -> bytes:
    """The filter as `bwrap --seccomp` reads it; empty for a processor that is not known."""
    known = NUMBERS.get(machine or platform.machine())
    if known is None:
        return b""
    arch, numbers = known
    load, equal, at_least, masked, back = 0x20, 0x15, 0x35, 0x45, 0x06
    lines = [(load, 0, 0, 4), (equal, 1, 0, arch), (back, 0, 0, KILL), (load, 0, 0, 0)]
    # the x32 numbers of x86_64
    lines += [(at_least, 0, 1, 0x40000000), (back, 0, 0, ERRNO | EPERM)]
    for number in (*(n for name, n in numbers.items() if name != "clone"), *ALIKE):
        lines += [(equal, 0, 1, number), (back, 0, 0, ERRNO | EPERM)]
    lines += [(equal, 0, 1, CLONE3), (back, 0, 0, ERRNO | ENOSYS)]
    # clone: its flags are the first argument, the low half of it
    lines += [(equal, 0, 3, numbers["clone"]), (load, 0, 0, 16), (masked, 0, 1, CLONE_NEW)]
    lines += [(back, 0, 0, ERRNO | EPERM), (back, 0, 0, ALLOW)]
    return b"".join(struct.pack("HBBI", *line) for line in lines)
