# SPDX-License-Identifier: MIT
"""Control groups with a disk below them: swap of a group, files beyond its limit, io.stat and io.max."""
import os
import re
import tempfile

from driver import VMLINUX, boot, busybox, check, contains, equal, run, test
from test_memory import small_initrd, swap_image

MOUNT = ("mkdir /c; mount -t cgroup2 none /c; cd /c; echo +memory +io > cgroup.subtree_control; "
         "mkdir g; ")


def member(command, group="/c/g"):
    """Shell text: a shell in the group does it."""
    return "sh -c 'echo $$ > %s/cgroup.procs; %s'" % (group, command)


def flat(text):
    return {name: int(value) for name, value in re.findall(r"^(\w+) (\d+)$", text, re.M)}


@test(limit=110, cpus=(1, 2, 4))
def a_working_set_beyond_a_groups_limit_keeps_its_content_on_swap(cpus):
    # The machine has room for it: all that is reclaimed is for the limit.
    script = (MOUNT + "swapon /dev/ubda; echo 16M > g/memory.max; "
              + member("workset 40 2 2 > /dev/null; echo status $?") + "; sleep 1; "
              "cat g/memory.events; echo peak $(cat g/memory.peak); "
              "echo swap_peak $(cat g/memory.swap.peak); echo swap_now $(cat g/memory.swap.current); "
              "cat g/memory.stat; cd /; rmdir /c/g; swapoff /dev/ubda && echo off 1")
    with tempfile.TemporaryDirectory() as folder:
        ended = boot("mem=128M", "ncpus=%d" % cpus, "initrd=" + small_initrd(folder, "mm/workset"),
                     "ubd0=" + swap_image(folder, 128), "--", "sh", "-c", script, limit=100)
    values = flat(ended.out.decode())
    errors = ended.err.decode(errors="replace")
    equal(values.get("status"), 0, ended.out.decode() + errors)
    check(values["max"] > 0 and not values["oom_kill"], ended.out)
    check(values["peak"] <= 17 << 20, ended.out)
    check(values["swap_peak"] > 20 << 20, ended.out)
    # Pages that are still in the swap cache keep their slots until reclaim or swapoff finds them.
    check(values["swap_now"] < 1 << 20, ended.out)
    equal(values["anon"], 0)
    check(values["pgsteal_direct"] > 1000 and values["workingset_refault_anon"] > 0, ended.out)
    equal(values.get("off"), 1, errors)


@test(limit=110, cpus=(1, 2, 4))
def a_group_without_swap_left_dies_and_the_rest_swaps(cpus):
    script = (MOUNT + "swapon /dev/ubda; echo 16M > g/memory.max; echo 4M > g/memory.swap.max; "
              + member("workset 40 2 1 > /dev/null; echo status $?") + " 2> /dev/null; sleep 1; "
              "cat g/memory.events; echo swap_peak $(cat g/memory.swap.peak); "
              # Pages that were on their way to swap when the program died stay cached until they are wanted.
              "echo 64M > g/memory.reclaim; "
              "echo swap_now $(cat g/memory.swap.current)")
    with tempfile.TemporaryDirectory() as folder:
        ended = boot("mem=128M", "ncpus=%d" % cpus, "initrd=" + small_initrd(folder, "mm/workset"),
                     "ubd0=" + swap_image(folder, 128), "--", "sh", "-c", script, limit=100)
    text = ended.out.decode()
    contains(ended.err, r"Memory cgroup out of memory: Killed process \d+ \(workset\)")
    check(int(re.search(r"^oom_kill (\d+)", text, re.M).group(1)) > 0, text)
    contains(ended.out, r"^swap_peak %d$" % (4 << 20))
    contains(ended.out, r"^swap_now 0$")


@test(limit=110, cpus=(1, 2, 4))
def files_beyond_a_groups_limit_are_read_and_come_back(cpus):
    # Twice through a file that is larger than the limit; what memory.low protects beside it stays.
    script = ("mkdir /tmp/c; mount -t cgroup2 none /tmp/c; cd /tmp/c; "
              "echo +memory > cgroup.subtree_control; mkdir g; echo 16M > g/memory.max; "
              + member("cat /mnt/big /mnt/big | md5sum", "/tmp/c/g") + "; "
              "cat g/memory.events g/memory.stat; echo peak $(cat g/memory.peak); "
              "echo 1M > g/memory.reclaim; echo reclaimed $?; echo 64M > g/memory.high; "
              "echo 0 > g/memory.max; echo left $(cat g/memory.current)")
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "big"), "wb") as f:
            f.write(os.urandom(1 << 20) * 40)
        ended = run([VMLINUX, "run", "--mem", "128M", "--cpus", str(cpus), "--user", "root",
                     "-v", folder + ":/mnt", "--", busybox(), "sh", "-c", script], limit=100)
        want = run(["sh", "-c", "cat %s/big %s/big | md5sum" % (folder, folder)])
    contains(ended.out, want.out.decode().split()[0])
    values = flat(ended.out.decode())
    check(values["max"] > 0 and not values["oom_kill"], ended.out)
    check(values["peak"] <= 17 << 20, ended.out)
    check(values["workingset_refault_file"] > 1000, ended.out)
    equal(values["reclaimed"], 0)
    check(values["left"] < 1 << 20, ended.out)


@test(limit=60, cpus=(1, 2, 4))
def a_disk_counts_for_whom_it_works(cpus):
    script = (MOUNT + "mkdir g/below; cat /dev/ubda > /dev/null; cat g/io.stat; echo --; "
              + member("dd if=/dev/ubdb of=/dev/null bs=64k 2> /dev/null; "
                       "dd if=/dev/zero of=/dev/ubdb bs=64k count=16 conv=fsync 2> /dev/null",
                       "/c/g/below") + "; "
              "cat g/io.stat; sleep 1; rmdir g/below; cat g/io.stat; grep -c . io.stat")
    with tempfile.TemporaryDirectory() as folder:
        ended = boot("ncpus=%d" % cpus, "ubd0=" + swap_image(folder, 4, "a"),
                     "ubd1=" + swap_image(folder, 8, "b"), "--", "sh", "-c", script, limit=50)
    before, after = ended.out.decode().split("--\n")
    equal(before, "", ended.err.decode(errors="replace"))
    lines = after.splitlines()
    equal(len(lines), 3, after)
    equal(lines[0], lines[1])
    found = re.fullmatch(r"98:(\d+) rbytes=(\d+) wbytes=(\d+) rios=(\d+) wios=(\d+) dbytes=0 dios=0",
                         lines[0])
    check(found and found.group(1) != "0", lines[0])
    equal(int(found.group(2)), 8 << 20)
    equal(int(found.group(3)), 1 << 20)
    equal(lines[2], "2")


@test(limit=60, cpus=(1, 2, 4))
def a_slow_group_gets_all_its_data(cpus):
    # 8 MiB at 4 MiB/s, and then without a limit that is lifted while the reader waits.
    script = (MOUNT + "dev=$(cat /sys/block/ubda/dev); echo $dev rbps=4194304 wiops=100 > g/io.max; "
              "cat g/io.max; " + member("cat /dev/ubda | md5sum") + "; "
              "echo $dev rbps=1024 > g/io.max; echo 3 > /proc/sys/vm/drop_caches; "
              + member("cat /dev/ubda | md5sum") + " & sleep 1; cat g/io.max; "
              "echo $dev rbps=max wiops=max > g/io.max; wait; cat g/io.max; "
              "for bad in '' '9:9 rbps=1' \"$dev rbps\" \"$dev rbps=0\" \"$dev x=1\"; do "
              "echo \"$bad\" > g/io.max && echo accepted; done 2> /dev/null; echo end")
    with tempfile.TemporaryDirectory() as folder:
        image = swap_image(folder, 8)
        ended = boot("ncpus=%d" % cpus, "ubd0=" + image, "--", "sh", "-c", script, limit=50)
        want = run(["md5sum", image]).out.decode().split()[0] + "  -\n"
    out = re.sub(r"\b98:\d+", "D", ended.out.decode())
    equal(out, "D rbps=4194304 wbps=max riops=max wiops=100\n" + want +
          "D rbps=1024 wbps=max riops=max wiops=100\n" + want + "end\n",
          ended.err.decode(errors="replace"))
