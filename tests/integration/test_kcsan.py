# SPDX-License-Identifier: MIT
"""The kernel built with SAN=thread (docs/kcsan.md): it finds planted races, boots, and passes the
torture tests without a report."""
import os
import subprocess
import sys

from driver import ROOT, check, contains, equal, run, test

BUILD = os.path.join(ROOT, "build-thread")


def command(argv, limit):
    """Its output. A make that runs these tests has told its own kind of build in MAKEFLAGS."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(argv, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=limit, check=False, env=env)
    output = done.stdout.decode(errors="replace")
    check(done.returncode == 0, output[-6000:])
    return output


@test(limit=2400, long=True)
def races_are_found_where_planted_and_nowhere_else():
    targets = ["build-thread/vmlinux", "build-thread/tests/unit-tests",
               "build-thread/tests/torture/vmlinux", "build-thread/tests/torture/torture.cpio"]
    command(["make", "SAN=thread", *targets], 1500)
    planted = command([os.path.join(BUILD, "tests/unit-tests"), "--gtest_filter=kcsan*", "ncpus=4"],
                      300)
    contains(planted, r"KCSAN: data race in (plain_read|locked_increment)\S+ / "
                      r"(plain_read|locked_increment)")
    booted = run([os.path.join(BUILD, "vmlinux"), "mem=128M", "ncpus=4", "--", "echo", "up"])
    equal(booted.out, b"up\n")
    check(b"KCSAN: data race" not in booted.err, booted.err[-3000:])
    command([sys.executable, "tools/torture", "--build", BUILD, "--minutes", "1"], 300)
