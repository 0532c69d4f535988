# SPDX-License-Identifier: MIT
"""Memory nodes, seen by Debian's programs; and cyclictest and hackbench, which want them."""
import os
import shutil

import driver
from driver import Skip, check, contains, equal, run, test


def inside(words, *append, cpus=2):
    if not shutil.which(words[0]):
        raise Skip(words[0] + " is not installed")
    more = ["--append", " ".join(append)] if append else []
    return run([os.path.abspath(driver.VMLINUX), "run", "--cpus", str(cpus)] + more + ["--"] + words)


def lines(end):
    end.expect(0)
    return end.out.decode().splitlines()


@test
def numactl_shows_one_node():
    out = lines(inside(["numactl", "--hardware"]))
    equal(out[0], "available: 1 nodes (0)")
    equal(out[1], "node 0 cpus: 0 1")


@test
def numactl_shows_two_nodes():
    out = lines(inside(["numactl", "--hardware"], "numa=fake=2:10,20,20,10", cpus=4))
    equal(out[0], "available: 2 nodes (0-1)")
    equal(out[1], "node 0 cpus: 0 1")
    equal(out[4], "node 1 cpus: 2 3")
    equal([line.split() for line in out[-2:]], [["0:", "10", "20"], ["1:", "20", "10"]])


@test
def lscpu_shows_nodes_and_topology():
    out = lines(inside(["lscpu"], "numa=fake=2", cpus=4))
    found = {line.partition(":")[0]: line.partition(":")[2].strip() for line in out}
    equal(found["NUMA node(s)"], "2")
    equal(found["NUMA node1 CPU(s)"], "2,3")
    equal((found["Thread(s) per core"], found["Core(s) per socket"], found["Socket(s)"]),
          ("1", "4", "1"))


@test
def numastat_adds_nodes_up():
    out = lines(inside(["numastat"], "numa=fake=2"))
    equal(out[0].split(), ["node0", "node1"])
    equal(out[1].split()[0], "numa_hit")
    check(all(int(n) > 0 for n in out[1].split()[1:]), out[1])


@test
def cyclictest_runs():
    out = inside(["cyclictest", "-q", "-m", "-p", "80", "-i", "1000", "-l", "200", "-t", "2"])
    out.expect(0)
    contains(out.out.decode(), r"T: 0 \(")
    contains(out.out.decode(), r"T: 1 \(")


@test
def hackbench_runs():
    for kind in ([], ["--pipe"], ["--threads"]):
        out = inside(["hackbench", "-l", "20", "-g", "1"] + kind)
        out.expect(0)
        contains(out.out.decode(), "Time:")
