#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The hostile guests under trap=seccomp, trap=ptrace and without FSGSBASE, while a recorder on the host
(tests/hostile/record.c) notes each system call that a stub really makes. Each must be one of the
tables in docs/security.md: address of the instruction, number, arguments, and who may make it."""
import os
import re
import subprocess
import sys
import tempfile

VMLINUX = os.environ.get("VMLINUX", "./vmlinux")
BUILD = os.environ.get("VMLINUX_BUILD", "build")
PROGRAMS = ("modes", "scribble", "frames", "sites")
if "ROUNDS" in os.environ:      # with --long
    PROGRAMS += ("flood", "rewrite", "phantom", "audit")

MMAP, MPROTECT, MUNMAP, YIELD, CLONE, FUTEX = 9, 10, 11, 24, 56, 202
SIGMASK, SIGALTSTACK, PRCTL, ARCH_PRCTL, GETPPID, SECCOMP = 14, 131, 157, 158, 110, 317
SLOTS, SLOTS_END = 0x7e0000200000, 0x7e0000200000 + 4096 * 0x10000
WAIT, WAKE = 0, 1


def sites():
    text = open(os.path.join(BUILD, "gen", "stub_sites.h"), encoding="ascii").read()
    found = re.findall(r"#define SITE_(\w+) (0x[0-9a-f]+)UL", text)
    return {int(address, 16): name for name, address in found}


def slot_futex(operation):
    def fits(number, args):
        return number == FUTEX and args[1] & 0xffffffff == operation and \
            SLOTS <= args[0] < SLOTS_END
    return fits


def plain(*numbers):
    return lambda number, args: number in numbers


def base(operation):
    return lambda number, args: number == ARCH_PRCTL and args[0] & 0xffffffff == operation


def flags(value):
    return lambda number, args: number == CLONE and args[0] == value


def mapping(number, args):
    return number in (MMAP, MPROTECT, MUNMAP) or slot_futex(WAKE)(number, args)


# The tables of docs/security.md: guest threads, and threads that run no guest code.
FURTHER = {
    "guest_wait": slot_futex(WAIT),
    "guest_wake": slot_futex(WAKE),
    "guest_yield": plain(YIELD),
    "guest_fsbase": base(0x1002),
    "guest_gsbase": base(0x1001),
    "born_altstack": plain(SIGALTSTACK),
    "born_mask": plain(SIGMASK),
    "born_confine": plain(SECCOMP),
}
FIRST = {
    "mapper_wait": plain(FUTEX),
    "mapper_wake_kernel": plain(FUTEX),
    "mapper_wake_guest": plain(FUTEX),
    "mapper_map": mapping,
    "mapper_clone": flags(0x50f00),
    "zygote_wait": plain(FUTEX),
    "zygote_wake": plain(FUTEX),
    "zygote_fork": flags(0x8011),
    "newborn_prctl": plain(PRCTL),
    "newborn_getppid": plain(GETPPID),
    "newborn_request": plain(MMAP),
    "newborn_done": plain(MMAP),
}


def check(path, names):
    """(calls that are in the tables, those that are not, guest threads seen)"""
    good, bad, guests = 0, [], set()
    zygote, confined = None, False
    for line in open(path, encoding="ascii"):
        words = line.split()
        tid, further = int(words[0]), words[1] == "further"
        address, number = int(words[2], 16), int(words[3])
        args = [int(word, 16) for word in words[4:10]]
        if number == -1:        # what the tracer has cancelled: no call is made
            continue
        name = names.get(address)
        if further:
            guests.add(tid)
        elif not confined:
            # The zygote's start, before it is confined and long before a guest exists.
            zygote = zygote or tid
            confined = name == "zygote_wake"
            if tid == zygote:
                continue
        table = FURTHER if further else FIRST
        if len(words) == 10 and name in table and table[name](number, args):
            good += 1
        else:
            bad.append("%s (%s)" % (line.strip(), name))
    return good, bad, guests


def run(trap, work, *more):
    trace = os.path.join(work, trap)
    command = [os.path.join(BUILD, "tests", "tools", "record"), trace, "--", VMLINUX, "quiet",
               "trap=" + trap, *more, "mem=512M", "initrd=" + os.path.join(BUILD, "tests", "guest.cpio"),
               "init=/tests/runner", "--", "limit=60"] + ["hostile/" + p for p in PROGRAMS]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=200, check=False)
    text = done.stdout.decode(errors="replace")
    if done.returncode == 77 and not text:
        print("this host has no user notification of seccomp")
        sys.exit(77)
    ended = re.findall(r"^TEST hostile/(\w+) (\w+)", text, re.M)
    good, bad, guests = check(trace, sites())
    print("trap=%s: %d guest threads, %d calls in the list, %d outside of it" %
          (" ".join((trap, *more)), len(guests), good, len(bad)))
    for line in bad[:20]:
        print("FAIL: " + line)
    if len(ended) != len(PROGRAMS) or any(outcome != "pass" for _, outcome in ended):
        print("FAIL: a hostile program did not pass:\n" + text[-3000:])
        return False
    return not bad and len(guests) >= 5 and good >= 100


def main():
    with tempfile.TemporaryDirectory(prefix="vmlinux-record.") as work:
        results = [run("seccomp", work), run("ptrace", work), run("seccomp", work, "nofsgsbase")]
    return 0 if all(results) else 1


sys.exit(main())
