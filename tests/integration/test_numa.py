# SPDX-License-Identifier: MIT
"""Memory nodes, seen by Debian's programs; and cyclictest and hackbench, which want them."""
import os
import shutil
import tempfile

import driver
from driver import Skip, boot, check, contains, equal, run, test
from test_memory import small_initrd, swap_image


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


NODE_PAGES = r"""
import collections, sys
def by_node(pid="self", what=lambda words: True):
    pages = collections.Counter()
    for line in open("/proc/%s/numa_maps" % pid):
        words = line.split()
        if what(words):
            for word in words:
                if word[0] == "N" and "=" in word:
                    pages[word.split("=")[0]] += int(word.split("=")[1])
    return pages
anon = lambda words: any(w.startswith("anon=") for w in words) and not any(w.startswith("file=") for w in words)
block = bytearray(b"x" * (16 << 20))
"""


def python(script, policy, nodes, cpus=2):
    shown = lines(inside(["numactl"] + policy + ["python3", "-c", NODE_PAGES + script],
                         "numa=fake=%d" % nodes, cpus=cpus))
    return shown[-1].split()


@test
def numactl_interleaves():
    for nodes in (2, 4):
        counts = python("n = by_node('self', anon); print(*[n['N' + str(i)] for i in range(%d)])" % nodes,
                        ["--interleave=all"], nodes)
        counts = [int(count) for count in counts]
        check(sum(counts) >= 4096, "all of it is there: %s" % counts)
        check(max(counts) - min(counts) < sum(counts) / 20, "evenly: %s" % counts)


@test
def numactl_binds_memory():
    for node in (0, 3):
        counts = python("n = by_node('self', anon); print(n['N%d'], sum(n.values()))" % node,
                        ["--membind=%d" % node], 4)
        equal(counts[0], counts[1])
        equal(python("print(open('/proc/self/numa_maps').readline().split()[1])",
                     ["--membind=%d" % node], 4), ["bind:%d" % node])
    equal(python("n = by_node('self', anon); print(n['N1'] == sum(n.values()))", ["--preferred=1"], 2),
          ["True"])


@test
def migratepages_moves_a_process():
    script = NODE_PAGES + r"""
import os, subprocess
for source, target in (("0", "1"), ("1", "0")):
    before = by_node()
    assert before["N" + source] > 4000, before
    subprocess.run(["migratepages", str(os.getpid()), source, target], check=True)
    after = by_node("self", anon)
    assert not after["N" + source] and after["N" + target] > 4000, after
    assert block == b"x" * len(block)
out = subprocess.run(["numastat", "-p", str(os.getpid())], capture_output=True, text=True).stdout
total = [line.split() for line in out.splitlines() if line.startswith("Total")][0]
assert float(total[1]) > 16 and float(total[2]) < float(total[1]) / 4, out
print("moved")
"""
    for more in ([], ["slub_debug=FZ"]):
        out = lines(inside(["numactl", "--membind=0,1", "--cpunodebind=0", "python3", "-c", script],
                           "numa=fake=2", *more))
        equal(out[-1], "moved")


@test
def memory_follows_a_cpuset():
    script = NODE_PAGES + r"""
import os, subprocess
subprocess.run(["mount", "-t", "cgroup2", "none", "/sys/fs/cgroup"], check=True)
top = "/sys/fs/cgroup/"
def write(name, text):
    with open(top + name, "w") as f:
        f.write(text)
def read(name):
    return open(top + name).read().strip()
write("cgroup.subtree_control", "+cpuset +memory")
os.mkdir(top + "a")
def stat(name):
    for line in read("a/memory.numa_stat").splitlines():
        if line.split()[0] == name:
            return dict((w.split("=")[0], int(w.split("=")[1])) for w in line.split()[1:])
assert read("cpuset.mems.effective") == "0-3" and read("a/cpuset.mems") == "", read("a/cpuset.mems")
write("a/cpuset.mems", "2")
write("a/cgroup.procs", str(os.getpid()))
status = open("/proc/self/status").read()
assert "Mems_allowed_list:\t2\n" in status, status
assert by_node("self", anon)["N2"] == sum(by_node("self", anon).values()), by_node("self", anon)
more = bytearray(b"y" * (8 << 20))
assert by_node("self", anon)["N2"] == sum(by_node("self", anon).values()), by_node("self", anon)
here = stat("anon")
assert here["N2"] >= 8 << 20 and not here["N0"] and not here["N1"] and not here["N3"], here
assert sum(stat("inactive_anon").values()) + sum(stat("active_anon").values()) >= 8 << 20
write("a/cpuset.mems", "1,3")
here = stat("anon")
assert here["N1"] + here["N3"] >= 8 << 20 and not here["N0"] and not here["N2"], here
total = dict(line.split() for line in read("a/memory.stat").splitlines())
for name in ("anon", "file", "shmem", "slab_unreclaimable", "file_mapped", "pagetables"):
    # Reading them costs memory too.
    assert abs(sum(stat(name).values()) - int(total[name])) < 64 << 10, (name, stat(name), total[name])
assert read("a/cpuset.mems.effective") == "1,3"
now = by_node("self", anon)
assert not now["N0"] and not now["N2"], now
assert block == b"x" * len(block) and more == b"y" * len(more)
try:
    write("a/cpuset.mems", "4")
    raise SystemExit("node 4")
except OSError:
    pass
write("a/cpuset.mems", "\n")
assert read("a/cpuset.mems.effective") == "0-3"
print("followed")
"""
    equal(lines(inside(["python3", "-c", script], "numa=fake=4"))[-1], "followed")


@test
def stress_ng_sets_policies_and_moves():
    out = inside(["stress-ng", "--numa", "4", "-t", "5"], "numa=fake=4")
    out.expect(0)
    contains(out.err + out.out, "successful run completed")


@test(limit=110, cpus=(2, 4))
def a_working_set_on_swap_keeps_its_content_while_it_moves(cpus):
    # Two processes of 24 MiB each, with children that share them, in two nodes of 32 MiB.
    with tempfile.TemporaryDirectory() as folder:
        ended = boot("mem=64M", "numa=fake=2", "ncpus=%d" % cpus,
                     "initrd=" + small_initrd(folder, "mm/workset", "numa/mover"),
                     "ubd0=" + swap_image(folder, 128), "--", "sh", "-c",
                     "swapon /dev/ubda; mover 100 & workset 48 2 2; echo status $?; kill $!; "
                     "awk '/^pgmigrate_success/ { print ($2 > 1000) }' /proc/vmstat; "
                     "swapoff /dev/ubda; echo $?", limit=100)
    equal(ended.out.decode(), "status 0\n1\n0\n", ended.err.decode(errors="replace"))
