# SPDX-License-Identifier: MIT
"""The torture tests: a few seconds of all of them, and each finds the failure that it plants."""
import os
import subprocess
import sys

from driver import BUILD, ROOT, check, test


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
