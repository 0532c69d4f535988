# SPDX-License-Identifier: MIT
"""Programs that draw on a terminal, under `vmlinux run`."""
import os
import time

from driver import Console, check, contains, equal, test, wait_until
from programs import folder, need

CPUS = (1, 2)


def terminal(cpus, top, *argv, rows=24, cols=80):
    return Console("run", "--rw", "--cpus", str(cpus), "--workdir", top, "--", *argv, rows=rows, cols=cols,
                   env={"HOME": top, "LC_ALL": "C.UTF-8"}, quiet=False)


@test(limit=120, cpus=CPUS)
def vim_edits_a_file(cpus):
    need("vim")
    top = folder()
    with open(top + "/f", "w") as file:
        file.write("one\ntwo\nthree\n")
    c = terminal(cpus, top, "vim", "-u", "NONE", "-N", "f", rows=30, cols=90)
    c.expect(r"three")
    c.send("ggOinserted\x1b")
    c.send(":%s/two/2/\r")
    c.send(":!echo from''shell\r")
    c.expect(r"fromshell")
    c.send("\r")
    c.send(":r !stty size\r")
    c.expect(r"30 90")
    c.send(":wq\r")
    equal(c.wait(), 0)
    with open(top + "/f") as file:
        text = file.read()
    contains(text, r"inserted\none\n2\n30 90\n")
    check(c.restored(), "terminal settings")


def prefix(console, key):
    """tmux takes keys within a millisecond of each other for pasted text."""
    console.drain(0.2)
    console.send("\x02")
    console.drain(0.2)
    console.send(key)


@test(long=True, limit=120, cpus=CPUS)
def tmux_has_windows(cpus):
    need("tmux")
    top = folder()
    c = terminal(cpus, top, "tmux", "-f", "/dev/null", "-S", "/dev/shm/tmux", "new-session", "sh")
    c.expect(r"[#$] ")
    c.send("echo in''side\r")
    c.expect(r"inside")
    prefix(c, "c")                            # another window
    c.expect(r"1:")
    c.send("tmux -S /dev/shm/tmux list-windows | wc -l >n; tmux -S /dev/shm/tmux split-window 'stty size >size'\r")
    c.drain(2.0)
    c.send("tty >tty\r")
    wait_until(lambda: os.path.exists(top + "/tty"), 10, "the answer of tty")
    c.drain(1.0)
    prefix(c, "d")                            # detach: the server ends with the machine
    c.expect(r"detached")
    equal(c.wait(), 0)
    with open(top + "/n") as file:
        equal(file.read().strip(), "2")
    with open(top + "/size") as file:
        contains(file.read(), r"^1[01] 80\n")
    with open(top + "/tty") as file:
        contains(file.read(), r"^/dev/pts/\d+\n")
    check(c.restored(), "terminal settings")


@test(long=True, limit=120, cpus=CPUS)
def less_and_top_draw(cpus):
    need("less", "top")
    top = folder()
    c = terminal(cpus, top, "sh", "-c", "seq 1 100 | less; top")
    c.expect(r"\n22\r?\n")
    c.send("G")
    c.expect(r"100")
    c.send("q")
    c.expect(r"Tasks:")
    c.expect(r"run-pro")
    c.send("q")
    equal(c.wait(), 0)
    check(c.restored(), "terminal settings")


@test(long=True, limit=120)
def screen_attaches_again():
    need("screen")
    top = folder()
    c = terminal(1, top, "sh", "-c", "export SCREENDIR=$PWD/d; mkdir -m 700 d; screen -c /dev/null -S s sh; "
                 "echo between; screen -r s")
    c.expect(r"[#$] ")
    c.send("x=kept\r")
    c.expect(r"[#$] ")
    c.send("\x01d")
    c.expect(r"between")
    c.send("echo $x''again\r")
    c.expect(r"keptagain")
    c.send("exit\r")
    c.expect(r"terminating")
    equal(c.wait(), 0)


@test(long=True, limit=120)
def htop_lists_processes():
    need("htop")
    c = terminal(2, folder(), "htop", rows=30, cols=100)
    c.expect(r"Tasks:")
    c.expect(r"htop")
    c.send("q")
    equal(c.wait(), 0)
