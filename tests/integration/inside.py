# SPDX-License-Identifier: MIT
"""Starting programs of the host with vmlinux run."""
import os

import driver
from driver import run

CPUS = (1, 2)


def command(*args, cpus=1):
    return [os.path.abspath(driver.VMLINUX), "run", "--cpus", str(cpus)] + list(args)


def inside(*args, cpus=1, **kwargs):
    return run(command(*args, cpus=cpus), **kwargs)


def shell(script, *options, cpus=1, **kwargs):
    return inside(*options, "--", "sh", "-c", script, cpus=cpus, **kwargs)


def read(path):
    with open(path) as f:
        return f.read()
