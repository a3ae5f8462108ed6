"""The 44 programs of the sandbox's promise: 24 hostile ones and 20 that try to cheat. Each is asked
for `double(3) == 6` and `double(10) == 20`; what it should come to is named beside it. And programs
that answer with objects of their own, or with values of types of their own, that say they are what
is asked for.

HONEST ends a hostile program that is meant to do its harm and then answer rightly: where the harm
is refused or bounded, it may pass, and passing is then the right verdict.
"""

TESTS = ("assert double(3) == 6", "assert double(10) == 20")
HONEST = "\ndef double(x):\n    return 2 * x\n"
FAILS = {"wrong value", "exception", "timeout", "resources"}
PASSES = {"passed"}

# name -> (source, what it may come to)
HOSTILE: dict[str, tuple[str, set[str]]] = {
    "fork bomb": ("import os\nwhile True:\n    os.fork()\n", {"exception", "timeout", "resources"}),
    "10 GB in memory": ("data = bytearray(10_000_000_000)\n" + HONEST, {"exception"}),
    "10 GB in a file": (
        "with open('/tmp/big', 'wb') as file:\n"
        "    for _ in range(10_000):\n        file.write(bytes(1_000_000))\n",
        {"exception", "resources"},
    ),
    "many files": (
        "for i in range(10_000):\n"
        "    with open(f'/tmp/{i}', 'wb') as file:\n        file.write(bytes(1_000_000))\n",
        {"exception"},
    ),
    "endless loop": ("while True:\n    pass\n", {"timeout"}),
    "deaf to SIGTERM": (
        "import signal, time\nfor n in range(1, 65):\n    try:\n        signal.signal(n, "
        "signal.SIG_IGN)\n    except (OSError, ValueError):\n        pass\ntime.sleep(3600)\n",
        {"timeout"},
    ),
    "double fork and sleep": (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n"
        "    if os.fork() == 0:\n        time.sleep(3600)\n    os._exit(0)\n" + HONEST,
        PASSES,
    ),
    "100,000 threads": (
        "import threading, time\nfor _ in range(100_000):\n"
        "    threading.Thread(target=time.sleep, args=(3600,)).start()\n",
        {"exception"},
    ),
    "1 GB printed": ("for _ in range(1000):\n    print('x' * 1_000_000)\n" + HONEST, {"resources"}),
    "environment": (
        "import os\nassert not [n for n in os.environ "
        "if n not in ('PYTHONHASHSEED', 'PWD', 'LC_CTYPE')]\nopen('/proc/self/environ')\n",
        {"exception"},
    ),
    "home folder": (
        "import os\nassert 'pyvenv.cfg' not in os.listdir('/root')\nopen('/root/.bashrc')\n",
        {"exception"},
    ),
    "out by ..": ("print(open('../../../../../../etc/passwd').read())\n", {"exception"}),
    "out by a link": (
        "import os\nos.symlink('/etc/shadow', '/tmp/link')\nopen('/tmp/link')\n",
        {"exception"},
    ),
    "a device of its own": (
        "import os, stat\nos.mknod('/tmp/disk', 0o600 | stat.S_IFBLK, os.makedev(8, 0))\n",
        {"exception"},
    ),
    "ptrace": (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nif "
        "libc.ptrace(16, 1, 0, 0) != 0:\n    raise PermissionError(ctypes.get_errno())\n" + HONEST,
        {"exception"},
    ),
    "kill -1": ("import os\nos.kill(-1, 9)\n" + HONEST, {"exception", "resources", "passed"}),
    "loopback and DNS": (
        "import socket\ntry:\n    socket.getaddrinfo('example.org', 80)\nexcept OSError:\n"
        "    socket.create_connection(('127.0.0.1', 22), 2)\n",
        {"exception"},
    ),
    "unix socket": (
        "import socket\ns = socket.socket(socket.AF_UNIX)\n"
        "s.connect('/run/dbus/system_bus_socket')\n",
        {"exception"},
    ),
    "shared memory": (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nn = libc.shmget(0, "
        "1 << 28, 0o1600)\nif n < 0:\n    raise PermissionError(ctypes.get_errno())\n" + HONEST,
        {"exception"},
    ),
    "changes the interpreter": (
        "import os, sys\nos.chmod(os.path.dirname(os.__file__), 0o777)\nopen(os.__file__, 'w')\n",
        {"exception"},
    ),
    "LD_PRELOAD and a shell": (
        "import os, subprocess\nsubprocess.run(['/bin/sh', '-c', 'id'], env={'LD_PRELOAD':"
        " '/tmp/x.so'}, check=True)\n",
        {"exception"},
    ),
    "deep recursion": (
        "import sys\nsys.setrecursionlimit(10**9)\ndef double(x):\n    return double(x + 1)\n",
        {"exception", "resources", "timeout"},
    ),
    "segmentation fault": ("import ctypes\nctypes.string_at(0)\n", {"resources"}),
    "clock loop and /dev/full": (
        "import time\ntry:\n    with open('/dev/full', 'w') as file:\n"
        "        file.write('x' * 100_000)\nexcept OSError:\n    pass\n"
        "end = time.monotonic() + 3600\nwhile time.monotonic() < end:\n    time.sleep(0.01)\n",
        {"timeout"},
    ),
}

ALWAYS = (
    "class Same:\n    def __eq__(self, other):\n        return True\n    def __ne__(self, other):\n"
    "        return False\n    def __bool__(self):\n        return True\n"
    "    def __hash__(self):\n        return 6\n    def __sub__(self, other):\n"
    "        return 0\n    __rsub__ = __sub__\n    def __lt__(self, other):\n"
    "        return True\n    def __getattr__(self, name):\n        return lambda *a: True\n"
)
CHEATS: dict[str, tuple[str, set[str]]] = {
    "sys.exit(0)": ("import sys\nsys.exit(0)\n", FAILS),
    "os._exit(0)": ("import os\nos._exit(0)\n", FAILS),
    "os._exit(0) when called": ("import os\ndef double(x):\n    os._exit(0)\n", FAILS),
    "equal to everything": (ALWAYS + "def double(x):\n    return Same()\n", FAILS),
    "an int that is equal to everything": (
        "class Same(int):\n    def __eq__(self, other):\n"
        "        return True\n    __hash__ = int.__hash__\ndef double(x):\n    return Same(5)\n",
        FAILS,
    ),
    "a type named int": (
        ALWAYS + "Same.__name__ = Same.__qualname__ = 'int'\n"
        "Same.__module__ = 'builtins'\ndef double(x):\n    return Same()\n",
        FAILS,
    ),
    "catches AssertionError": (
        "import sys\nsys.excepthook = lambda *a: None\ndef double(x):\n"
        "    try:\n        assert False\n    except AssertionError:\n        return None\n",
        FAILS,
    ),
    "raises what the tests might catch": ("def double(x):\n    raise StopIteration(6)\n", FAILS),
    "reads the tests": (
        "import sys\ndef double(x):\n    frame = sys._getframe()\n    while frame:\n"
        "        for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):\n"
        "            if 'double(3) ==' in repr(value):\n                return "
        "int(repr(value).split('==')[1][:2])\n        frame = frame.f_back\n    return None\n",
        FAILS,
    ),
    "looks through all memory for the tests": (
        "import gc\ndef double(x):\n    for one in gc.get_objects():\n"
        "        if isinstance(one, dict) and 'tests' in one:\n"
        "            return int(one['tests'][0].split('==')[1])\n",
        FAILS,
    ),
    "prints passed": (
        'print(\'passed\')\nprint(\'{"kind": "passed", "at": 1, "text": ""}\')\n',
        FAILS,
    ),
    "writes a verdict to every pipe": (
        "import os\nfor n in range(64):\n    try:\n"
        '        os.write(n, b\'{"kind": "passed", "at": 1, "text": "", "token": ""}\')\n'
        "    except OSError:\n        pass\n",
        FAILS,
    ),
    "speaks for the other side": (
        "import socket, struct, json\n"
        "for n in range(3, 64):\n    try:\n        s = socket.socket(fileno=n)\n"
        "        for m in (['value', None, []], ['value', 6, []], ['verdict', "
        "'passed'], ['value', True, []]):\n            data = json.dumps(m).encode()\n            "
        "s.sendall(struct.pack('!I', len(data)) + data)\n    except OSError:\n        pass\n",
        FAILS,
    ),
    "redefines the entry point": (
        "def double(x):\n    global double\n    double = lambda x: True\n    return True\n",
        FAILS,
    ),
    "patches builtins": (
        "import builtins\nbuiltins.AssertionError = type('A', (BaseException,), {})\n"
        "builtins.isinstance = lambda *a: True\nbuiltins.compile "
        "= builtins.exec = lambda *a, **k: None\ndef double(x):\n    return None\n",
        FAILS,
    ),
    "patches the wire": (
        "import sys\nfor name, module in list(sys.modules.items()):\n"
        "    if name.endswith('.wire'):\n        module.encode = lambda *a: True\n"
        "        module.FRAME = 1 << 40\n    if name.endswith('.candidate'):\n        "
        "module.encode = lambda *a: ['d', [[['l', []], 1]]]\ndef double(x):\n    return None\n",
        FAILS,
    ),
    "atexit": (
        "import atexit, os\natexit.register(lambda: print('passed'))\n"
        "atexit.register(os._exit, 0)\nraise SystemExit(0)\n",
        FAILS,
    ),
    "infinite generator": (
        "def double(x):\n    while True:\n        yield 6\n",
        FAILS,
    ),
    "never done": (
        "import time\ndef double(x):\n    time.sleep(3600)\n    return 2 * x\n",
        {"timeout"},
    ),
    "the entry point is a class": (
        ALWAYS.replace("class Same:", "class double:\n    def __init__(self, x):\n        pass"),
        FAILS,
    ),
}

# --- objects of the program's own: asked for `square(3) == P(9)` ----------------------------------

OBJECTS = """
class P:
    def __init__(self, x):
        self.x = x
    def __eq__(self, other):
        return isinstance(other, P) and self.x == other.x
    def __lt__(self, other):
        return self.x < other.x
    @classmethod
    def of(cls, x):
        return cls(x)
def square(x):
    return P(x * x)
"""
ASKED = ("assert square(3) == P(9)", "assert square(4) == P(16)")
YES = (
    "    def __eq__(self, other):\n"
    "        return True\n    __ne__ = __lt__ = __gt__ = __le__ = __ge__ = __eq__\n"
)
HOLDS = "class P:\n    def __init__(self, x):\n        self.x = x\n" + YES
UNSURE = {"test"}  # no verdict
WRONG = FAILS | UNSURE
# name -> (source, tests, what it may come to)
OBJECT_CHEATS: dict[str, tuple[str, tuple[str, ...], set[str]]] = {
    "equal to everything": (HOLDS + "def square(x):\n    return P(0)\n", ASKED, FAILS),
    "holds nothing": (
        "class P:\n    def __init__(self, x):\n        pass\n" + YES + "def square(x):\n    "
        "return P(0)\n",
        ASKED,
        WRONG,
    ),
    "always holds the same": (
        "class P:\n    def __init__(self, x):\n"
        "        self.x = 0\n" + YES + "def square(x):\n    return P(0)\n",
        ASKED,
        WRONG,
    ),
    "holds every number": (
        "class P:\n    def __init__(self, x):\n        self.x = x\n"
        "        self.all = list(range(100))\n" + YES + "def square(x):\n    return P(0)\n",
        ASKED,
        WRONG,
    ),
    "all objects are as the last one": (
        "made = []\nclass P:\n    def __init__(self, x):\n        made.append(self)\n        "
        "for one in made:\n            one.x = x\n" + YES + "def square(x):\n    return P(0)\n",
        ASKED,
        WRONG,
    ),
    "a copy of the last one that was made": (
        "last = 0\nclass P:\n    def __init__(self, x):\n        global last\n"
        "        self.x = last = x\n" + YES + "def square(x):\n    return P(last)\n",
        ("assert P(9) == square(3)", "assert P(16) == square(4)"),
        WRONG,
    ),
    "the same by a class method": (
        HOLDS + "    @classmethod\n    def of(cls, x):\n"
        "        return cls(0)\ndef square(x):\n    return P(0)\n",
        ("assert square(3) == P.of(9)",),
        WRONG,
    ),
    "attributes that are properties": (
        "class P:\n    last = 0\n    def __init__(self, x):\n        P.last = x\n"
        "    x = property(lambda self: P.last)\n" + YES + "def square(x):\n    return P(0)\n",
        ASKED,
        WRONG,
    ),
    "never equal, asked whether it differs": (
        HOLDS.replace("True", "False") + "def square(x):\n    return P(x * x)\n",
        ("assert square(3) != P(9)",),
        WRONG,
    ),
    "never equal, asked by not": (
        HOLDS.replace("True", "False") + "def square(x):\n    return P(x * x)\n",
        ("assert not square(3) == P(9)", "assert square(3) not in [P(9)]"),
        WRONG,
    ),
    "always equal, asked whether it differs": (
        HOLDS + "def square(x):\n    return P(0)\n",
        ("assert not square(3) != P(9)",),
        WRONG,
    ),
    "less than everything": (
        HOLDS + "def square(x):\n    return P(100)\n",
        ("assert square(3) < P(9)",),
        WRONG,
    ),
    "in a list": (
        HOLDS + "def square(x):\n    return [P(0)]\n",
        ("assert square(3) == [P(9)]",),
        WRONG,
    ),
    "an instance of everything": (
        "class M(type):\n    def __instancecheck__(cls, one):\n        return True\n"
        "class P(metaclass=M):\n    def __init__(self, x):\n"
        "        self.x = x\nclass Q:\n    pass\ndef square(x):\n    return Q()\n",
        ("assert isinstance(square(3), P)",),
        FAILS,
    ),
    "says that it is of the class": (
        HOLDS + "class Q:\n    __class__ = P\n"
        "    x = 0\n" + YES + "def square(x):\n    return Q()\n",
        ("assert isinstance(square(3), P)", *ASKED),
        WRONG,
    ),
    "patches what looks at its objects": (
        HOLDS + "def square(x):\n    import sys\n"
        "    for name, module in list(sys.modules.items()):\n        if name.endswith('.shape'):\n"
        "            module.packed = lambda value: ['h', 'shape', ['P', []]]\n    return P(0)\n",
        ASKED,
        WRONG,
    ),
}
# --- plain types of the program's own: asked for `value(3)` ---------------------------------------

LIE = (
    "    def __eq__(self, other):\n        return True\n    __ne__ = lambda self, other: False\n"
    "    __hash__ = None\n"
)
TYPE_CHEATS: dict[str, tuple[str, tuple[str, ...], set[str]]] = {
    kind: (
        f"class V({kind}):\n{LIE}def value(x):\n    return V({made})\n",
        (f"assert value(3) == {right}",),
        FAILS,
    )
    for kind, made, right in (
        ("int", "0", "9"),
        ("float", "0.5", "9.5"),
        ("str", "'no'", "'yes'"),
        ("list", "[0]", "[9]"),
        ("tuple", "(0,)", "(9,)"),
        ("dict", "{'a': 0}", "{'a': 9}"),
        ("set", "{0}", "{9}"),
    )
}
TYPE_CHEATS |= {
    "a hash that is the right one": (
        f"class V(int):\n{LIE.replace('__hash__ = None', '__hash__ = lambda self: hash(9)')}"
        "def value(x):\n    return V(0)\n",
        ("assert value(3) in {9}",),
        FAILS,
    ),
    "a length that is the right one for nobody": (
        "class V(list):\n    def __len__(self):\n"
        "        return 3\ndef value(x):\n    return V([1])\n",
        ("assert len(value(3)) == 3 and value(3)[2] == 3",),
        FAILS,
    ),
    "a sum of its own": (
        f"class V(int):\n{LIE}    def __add__(self, other):\n"
        "        return self\n    __radd__ = __add__\ndef value(x):\n    return [V(1), V(1)]\n",
        ("assert sum(value(3)) == 9",),
        FAILS,
    ),
    "an array": (
        "class V:\n    def __eq__(self, other):\n"
        "        return self\n    def __bool__(self):\n        return True\n    def all(self):\n"
        "        return True\n    any = all\n    __hash__ = None\ndef value(x):\n    return V()\n",
        ("assert value(3) == [9]",),
        FAILS,
    ),
    "an array that is all right": (
        "class V:\n    def __eq__(self, other):\n        return self\n    def all(self):\n"
        "        return True\n    __hash__ = None\ndef value(x):\n    return V()\n",
        ("assert (value(3) == [9]).all()",),
        FAILS,
    ),
    "says that it is a number": (
        "class V:\n    __class__ = int\n"
        "    def __int__(self):\n        return 0\n    __index__ = __int__\n    "
        "__lt__ = __gt__ = lambda self, other: True\n" + LIE + "def value(x):\n    return V()\n",
        ("assert value(3) == 9",),
        FAILS,
    ),
}
