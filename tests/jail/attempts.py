"""What judged code might try. Each function raises where it got nowhere; the tests run it twice:
in a jail, and, where that does no harm, outside of one, to see that it would have worked."""

import ctypes
import os
import signal
import socket
import struct
import sys
import threading
import time
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)


def syscall(number, *arguments):
    answer = LIBC.syscall(number, *arguments)
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer


def in_a_child(action):
    """Do something with lasting effects in a child; raise where it raised."""
    child = os.fork()
    if child == 0:
        try:
            action()
        except BaseException:
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0:
        raise OSError("it did not work")
    return True


def nothing():
    return "nothing"


# Files


def read_file(path):
    return Path(path).read_bytes()[:1000]


def write_file(path, content):
    return Path(path).write_bytes(content)


def open_for_writing(path):
    os.close(os.open(path, os.O_WRONLY))
    return True


def list_folder(path):
    return sorted(entry.name for entry in Path(path).iterdir())


def read_through_a_link(path):
    link = Path(f"link-{os.getpid()}")
    link.symlink_to(path)
    try:
        return link.read_bytes()[:1000]
    finally:
        link.unlink()


def make_writable(path):
    Path(path).chmod(0o777)
    return True


def make_device(path):
    os.mknod(path, 0o600 | 0o060000, os.makedev(254, 0))
    return True


def remount():
    if LIBC.mount(None, b"/", None, 32 | 4096, None) != 0:
        raise OSError(ctypes.get_errno(), "mount")
    return True


def fill(folder, n_mib):
    path = Path(folder, "large")
    try:
        with path.open("wb") as file:
            for _ in range(n_mib):
                file.write(b"x" * 2**20)
            file.flush()
        return path.stat().st_size
    finally:
        path.unlink(missing_ok=True)


# What other processes hold


def environments():
    """Every environment to be had, this process's own included."""
    found = [str(dict(os.environ)).encode()]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found.append((process / "environ").read_bytes())
        except OSError:
            continue
    return b"".join(found)


def command_lines():
    return b"".join(path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline"))


def open_files():
    """What the open descriptors of this process lead to."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(descriptor.readlink()))
        except OSError:
            continue
    return found


def write_to_every_descriptor(content):
    """The protocol's own among them."""
    for number in range(3, 64):
        try:
            os.write(number, content)
        except OSError:
            continue


def claim(header_size, buffer_size):
    write_to_every_descriptor(struct.pack("<QQ", header_size, buffer_size) + b"[]")
    time.sleep(30)


def import_answers():
    sys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != "Mask"]
    import recsys_backends.naive.bpr as bpr

    return bpr.__name__


# The network


def connect(port):
    with socket.create_connection(("127.0.0.1", port), timeout=2):
        return True


def send_datagram(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        return sender.sendto(b"hello", ("127.0.0.1", port))


def connect_abstract(name):
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(b"\0" + name)
        return True


def connect_path(path):
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(path)
        return True


def virtual_socket():
    socket.socket(40, socket.SOCK_STREAM).close()  # AF_VSOCK
    return True


def resolve():
    return socket.gethostbyname("example.org")


# Processes


def send_signal(pid, number):
    os.kill(pid, number)
    return True


def kill_everything():
    os.kill(-1, signal.SIGKILL)


def fork_many(n):
    """How many of n children came to be; they wait to be killed."""
    children = []
    try:
        for _ in range(n):
            child = os.fork()
            if child == 0:
                time.sleep(30)
                os._exit(0)
            children.append(child)
    except OSError:
        pass
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return len(children)


def leave_zombies(n):
    """How many of n children came to be; nobody asks for their ends."""
    count = 0
    try:
        for _ in range(n):
            if os.fork() == 0:
                os._exit(0)
            count += 1
    except OSError:
        pass
    return count


def start_many_threads(n):
    ended = threading.Event()
    started = 0
    try:
        for _ in range(n):
            threading.Thread(target=ended.wait, args=(20,), daemon=True).start()
            started += 1
    except RuntimeError:
        pass
    ended.set()
    return started


def leave_behind(name):
    """A process that has cut all its ties, and a thread; the process can be known by its name."""
    threading.Thread(target=time.sleep, args=(20,), daemon=True).start()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            LIBC.prctl(15, name.encode(), 0, 0, 0)  # PR_SET_NAME
            time.sleep(20)
        os._exit(0)
    time.sleep(0.2)
    return True


def hang():
    time.sleep(60)


def take_memory(n_mib):
    held = bytearray(n_mib * 2**20)
    held[::4096] = b"x" * len(held[::4096])
    return len(held)


def take_memory_in_children(n_children, n_mib):
    """Each child stays below any limit of its own; together they do not. How many got theirs."""
    readers = []
    for _ in range(n_children):
        reader, writer = os.pipe()
        if os.fork() == 0:
            held = bytearray(n_mib * 2**20)
            held[::4096] = b"x" * len(held[::4096])
            os.write(writer, b"!")
            time.sleep(5)
            os._exit(len(held) % 2)
        os.close(writer)
        readers.append(reader)
    return sum(os.read(reader, 1) == b"!" for reader in readers)


def say_much(n_mib):
    for _ in range(n_mib):
        print("x" * 2**20)
        os.write(1, b"x" * 2**20)
    return True


def answer_much(n_mib):
    return "x" * (n_mib * 2**20)


# The kernel


def become_root():
    os.setuid(0)
    return os.getuid()


def trace_me():
    return in_a_child(lambda: syscall(101, 0, 0, 0, 0))


def new_user_namespace():
    return in_a_child(lambda: syscall(272, 0x10000000))


def new_user_namespace_by_clone():
    child = syscall(56, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return True


def add_key():
    return syscall(248, b"user", b"recsys-test", b"x", 1, -2)  # in the process's own keyring


def session_keyring():
    return syscall(250, 0, -3, 1)  # KEYCTL_GET_KEYRING_ID of the session, which is inherited


def ring():
    os.close(syscall(425, 4, ctypes.create_string_buffer(120)))
    return True


def count_events():
    os.close(syscall(298, struct.pack("<II", 1, 64) + bytes(112), 0, -1, -1, 0))
    return True


def type_into_terminal():
    import fcntl
    import pty

    _, terminal = pty.openpty()
    try:
        fcntl.ioctl(terminal, 0x5412, b"x")  # TIOCSTI
    except PermissionError as error:
        raise RuntimeError("refused before it reached the terminal") from error
    except OSError:
        return True  # the kernel has considered it
    return True
