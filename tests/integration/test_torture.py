# SPDX-License-Identifier: MIT
"""The torture tests: a few seconds of all of them, and each finds the failure that it plants.
System calls whose first, second, ... allocation fails."""
import os
import subprocess
import sys

from driver import BUILD, ROOT, boot, check, contains, equal, test


def torture(minutes, *options):
    done = subprocess.run([sys.executable, os.path.join(ROOT, "tools/torture"), "--build", BUILD,
                           "--minutes", str(minutes), *options],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    check(done.returncode == 0, done.stdout.decode(errors="replace")[-6000:])


@test(limit=160)
def all_torture_tests_at_once():
    torture(0.1)


@test(limit=160)
def each_torture_test_finds_the_failure_that_it_plants():
    torture(0.1, "--plant", "all")


@test(limit=400, long=True)
def torture_for_two_minutes_with_little_memory():
    torture(2, "--mem", "64M", "--seed", "2")


def fail_each_allocation(limit, *calls):
    ended = boot("mem=256M", "ncpus=2", "quiet",
                 "initrd=" + os.path.join(BUILD, "tests/torture/torture.cpio"), "--", "/nth", *calls,
                 limit=limit)
    errors = ended.err.decode(errors="replace")
    check("BUG" not in errors and "WARNING" not in errors, errors[-3000:])
    contains(ended.out, r"(?m)^nth: ok")
    equal(ended.status, 0)


@test(limit=250)
def each_allocation_of_some_calls_fails_once():
    fail_each_allocation(240, "open", "pipe", "socketpair", "send_fd", "mmap", "fork", "exec",
                         "unshare_mount", "shmat")


@test(limit=1200, long=True)
def each_allocation_of_all_calls_fails_once():
    fail_each_allocation(1190)
