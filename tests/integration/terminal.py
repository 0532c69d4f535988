#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The console on a pseudo-terminal: raw while the kernel runs, restored at every way out."""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

VMLINUX = os.environ.get("VMLINUX", "./vmlinux")
FAILED = []


class Console:
    """vmlinux on a pseudo-terminal of its own."""

    def __init__(self, *args):
        self.master, slave = pty.openpty()
        self.slave = slave
        self.before = termios.tcgetattr(slave)
        self.text = b""
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for fd in range(3):
                os.dup2(slave, fd)
            os.closerange(3, 100)
            os.execv(VMLINUX, [VMLINUX, "quiet", *args])

    def type(self, text):
        os.write(self.master, text.encode())

    def expect(self, what, seconds=20):
        end = time.time() + seconds
        what = what.encode()
        while what not in self.text:
            left = end - time.time()
            if left <= 0:
                return False
            if select.select([self.master], [], [], left)[0]:
                self.text += os.read(self.master, 65536)
        self.text = self.text[self.text.index(what) + len(what):]
        return True

    def resize(self, rows, cols):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
        os.kill(self.pid, signal.SIGWINCH)

    def is_raw(self):
        return not termios.tcgetattr(self.slave)[3] & (termios.ICANON | termios.ECHO)

    def end(self, seconds=20):
        """The exit status, or None when it had to be killed."""
        end = time.time() + seconds
        while time.time() < end:
            if select.select([self.master], [], [], 0.02)[0]:
                try:
                    self.text += os.read(self.master, 65536)
                except OSError:
                    pass
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        return None

    def restored(self):
        return termios.tcgetattr(self.slave) == self.before


def check(what, condition, console=None):
    if not condition:
        FAILED.append(what)
        print("FAIL:", what, repr(console.text[-300:]) if console else "")


def poweroff_from_the_shell():
    c = Console()
    c.type("echo al''ive\n")
    check("the shell answers", c.expect("alive"), c)
    check("the terminal is raw", c.is_raw())
    c.type("poweroff\n")
    check("poweroff gives status 0", c.end() == 0, c)
    check("restored after poweroff", c.restored())


def window_size():
    c = Console()
    c.resize(33, 101)
    c.type("echo re''ady\n")
    check("ready", c.expect("ready"), c)
    c.type("stty size\n")
    check("stty size after a resize", c.expect("33 101"), c)
    c.resize(40, 90)
    time.sleep(0.3)
    c.type("stty size\n")
    check("stty size after another", c.expect("40 90"), c)
    c.type("poweroff -f\n")
    c.end()


def power_off_by_signal():
    c = Console()
    c.type("echo al''ive\n")
    c.expect("alive")
    os.kill(c.pid, signal.SIGTERM)
    check("SIGTERM gives status 0", c.end() == 0, c)
    check("restored after SIGTERM", c.restored())


def panic():
    c = Console("init=/bin/false")
    check("the death of init gives status 133", c.end() == 133, c)
    check("it says why", b"Kernel panic" in c.text, c)
    check("restored after a panic", c.restored())


def job_control():
    c = Console()
    c.type("echo al''ive\n")
    c.expect("alive")
    c.type("sleep 100\n")
    time.sleep(0.5)
    c.type("\x03")
    c.type("echo in''terrupted\n")
    check("^C ends the command", c.expect("interrupted"), c)
    c.type("sleep 100\n")
    time.sleep(0.5)
    c.type("\x1a")
    check("^Z stops the command", c.expect("Stopped"), c)
    c.type("bg\n")
    c.type("jobs\n")
    check("bg starts it again", c.expect("Running"), c)
    c.type("kill %1; wait; echo go''ne\n")
    check("kill %1 ends it", c.expect("gone"), c)
    c.type("sleep 1 &\nfg\necho ba''ck\n")
    check("fg waits for it", c.expect("back"), c)
    c.type("poweroff\n")
    check("status 0 after job control", c.end() == 0, c)


def stopped_and_continued():
    c = Console()
    c.type("echo al''ive\n")
    c.expect("alive")
    os.kill(c.pid, signal.SIGTSTP)
    os.waitpid(c.pid, os.WUNTRACED)
    check("the terminal is restored while stopped", c.restored())
    os.kill(c.pid, signal.SIGCONT)
    time.sleep(0.3)
    check("raw again after SIGCONT", c.is_raw())
    c.type("echo st''ill\n")
    check("and alive", c.expect("still"), c)
    c.type("poweroff\n")
    check("status 0 after a stop", c.end() == 0, c)


def main():
    for test in (poweroff_from_the_shell, window_size, power_off_by_signal, panic, job_control,
                 stopped_and_continued):
        test()
    sys.exit(1 if FAILED else 0)


if __name__ == "__main__":
    main()
