"""First thing in a sandbox: take the limits, then give up what rights are left. Both cannot be
undone.

Limits     address space, processor seconds, size of a file, open files, no core file, processes and
           threads
Watch out  the kernel does not count processes of root: as root each sandbox takes a user number of
           its own, which is nobody's, so that the limit binds it alone. Inside a user namespace the
           count starts at none
"""

import os
import resource

MEMORY = 1 << 30  # bytes of address space, each process
SECONDS = 10  # of the processor, each process
FILE = 16 << 20  # bytes
FILES = 64
PROCESSES = 16  # threads are counted


def enter(user: int) -> None:
    """Args:
    user: number to become; 0 where the process is no root already.

    Raises:
        OSError: a limit cannot be set.
    """
    limits = (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, FILE),
        (resource.RLIMIT_NOFILE, FILES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, PROCESSES),
    )
    for which, most in limits:
        resource.setrlimit(which, (most, most))
    if user:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    if 0 in (os.getuid(), os.geteuid(), os.getgid()):
        raise PermissionError("the sandbox has a root's rights left")
