#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The shell as a person and as a script use it: editing, history, vi, pagers, pipes, statuses."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from terminal import FAILED, VMLINUX, Console, check  # noqa: E402

LEFT, RIGHT, UP, HOME, END = "\x1b[D", "\x1b[C", "\x1b[A", "\x01", "\x05"


def script(stdin, *args, timeout=60):
    """Runs vmlinux with pipes; (status, stdout, stderr)."""
    done = subprocess.run([VMLINUX, "quiet", *args], input=stdin.encode(), capture_output=True,
                          timeout=timeout)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def line_editing():
    c = Console()
    c.type("echo re''ady\n")
    check("ready", c.expect("ready"), c)
    c.type("echo on\x7fne\n")
    check("backspace", c.expect("\r\none\r\n") or c.expect("one"), c)
    c.type("echo a''c" + LEFT + "b\n")
    check("the left arrow inserts", c.expect("abc\r\n"), c)
    c.type("cho x''yz" + HOME + "e" + END + "!\n")
    check("home and end", c.expect("xyz!\r\n"), c)
    c.type("echo wrong\x15echo ri''ght\n")
    check("^U kills the line", c.expect("right\r\n"), c)
    c.type("echo up''per\n")
    c.expect("upper\r\n")
    c.type(UP + "\n")
    check("history", c.expect("upper\r\n"), c)
    c.type("cat\n")
    time.sleep(0.3)
    c.type("typed\x7f\x7fXY\n")
    check("the kernel's own line editing", c.expect("\r\ntypXY\r\n"), c)
    c.type("\x04")
    c.type("echo en''ded\n")
    check("^D ends cat", c.expect("ended"), c)
    c.type("poweroff\n")
    check("status 0", c.end() == 0, c)


def vi():
    c = Console()
    c.type("stty rows 24 cols 80; vi /tmp/file\n")
    check("vi draws its screen", c.expect("- /tmp/file"), c)
    c.type("ihello\nworld")
    check("vi inserts", c.expect("I /tmp/file [Modified]"), c)
    # An escape with a key right behind it would be another key: wait for its effect.
    c.type("\x1b")
    check("escape ends the insertion", c.expect("- /tmp/file [Modified]"), c)
    c.type("kx:wq\n")
    check("vi ends", c.expect("/ # "), c)
    c.type("cat /tmp/file; echo do''ne\n")
    check("vi wrote the file", c.expect("hell\r\nworld\r\n") or c.expect("hello\r\nworld"), c)
    check("done", c.expect("done"), c)
    c.type("poweroff\n")
    check("status 0 after vi", c.end() == 0, c)


def quit_key_and_eof():
    c = Console()
    c.type("echo re''ady\n")
    c.expect("ready")
    c.type("sleep 50\n")
    time.sleep(0.4)
    c.type("\x1c")
    check("^\\ quits", c.expect("Quit"), c)
    c.type("tty; ps -o pid,tty,comm\n")
    check("tty names the console", c.expect("/dev/console"), c)
    check("the prompt is back", c.expect("/ # "), c)
    time.sleep(0.2)
    c.type("\x04")
    check("^D at the prompt powers off", c.end() == 0, c)


def scripted():
    status, out, err = script("cat /proc/version; ps; ls -l /\npoweroff\n")
    lines = out.splitlines()
    check("a script's status", status == 0)
    check("a script's first line", lines and lines[0].startswith("Linux version "))
    check("ps lists init and the shell", any("PID" in line for line in lines) and
          any(line.split()[:1] == ["1"] for line in lines))
    check("ls lists the root", any(line.endswith(" proc") for line in lines))
    check("and nothing else", err == "" and "/ #" not in out)
    if FAILED:
        print(status, repr(out), repr(err))


def statuses():
    check("exit 7", script("", "--", "sh", "-c", "echo hi; exit 7")[:2] == (7, "hi\n"))
    check("a signal", script("", "--", "sh", "-c", "kill -9 $$")[0] == 128 + 9)
    check("not found", script("", "--", "no-such-program")[0] == 127)
    check("not executable", script("", "--", "/etc/passwd")[0] == 126)
    check("poweroff inside a command", script("", "--", "sh", "-c", "poweroff; sleep 20")[0] == 0)
    check("the shell's end", script("exit 3\n")[0] == 0)
    status, out, err = script("", "--", "sh", "-c", "echo out; echo err >&2; test -t 0 || echo no")
    check("streams stay apart", (status, out, err) == (0, "out\nno\n", "err\n"))


def tools():
    """What ps, top, free, uptime, mount, df, vmstat-like programs make of procfs."""
    commands = ["ps -o pid,ppid,pgid,vsz,rss,stat,comm", "top -b -n 1", "free", "uptime", "mount",
                "df", "pidof init", "cat /proc/self/status", "nproc", "hostname", "uname -a", "dmesg",
                "id", "who", "w", "ls -l /dev /proc/1", "sysctl kernel.ostype kernel.pid_max",
                "cat /proc/mounts", "taskset -p 1", "env", "stty -a </dev/console", "cat /proc/stat"]
    status, out, err = script("".join("%s >/tmp/o 2>/tmp/e; echo \"%s = $?\"; cat /tmp/e\n" %
                                      (c, c.replace('"', "")) for c in commands) + "poweroff\n")
    check("tools: status", status == 0)
    for c in commands:
        check("tool: " + c, c + " = 0" in out)
    if FAILED:
        print(out, err)


def main():
    for test in (scripted, statuses, tools, line_editing, vi, quit_key_and_eof):
        test()
    sys.exit(1 if FAILED else 0)


if __name__ == "__main__":
    main()
