# SPDX-License-Identifier: MIT
"""Memory: allocations that fail on purpose, eaters side by side, memory given back to the host."""
import os
import re
import shutil
import struct
import subprocess
import tempfile
import time

from driver import (BUILD, Console, Skip, VMLINUX, boot, busybox, check, contains, equal,
                    processes_of, run, test)
from test_idle import pss_kib

# Programs that allocate in all folders of the kernel; under failures they may say what they want.
BUSY = ["mm/mmap", "mm/cow", "mm/mremap", "fs/names", "fs/pipe", "process/fork", "process/exec",
        "futex/futex", "signal/deliver", "tty/pty"]


def under_failures(cpus, *params):
    with tempfile.TemporaryDirectory() as folder:
        ended = boot("mem=128M", "ncpus=%d" % cpus, "initrd=" + tests_initrd(folder, BUSY),
                     "init=/tests/runner", *params, "--", "limit=5", *BUSY, limit=110)
    errors = ended.err.decode(errors="replace")
    check("panic" not in errors and "BUG" not in errors, errors[-3000:])
    equal(ended.status, 0, errors[-1000:])
    equal(re.findall(r"^START (\S+)$", ended.out.decode(errors="replace"), re.M), BUSY, errors[-1000:])
    contains(ended.out, r"^END$")


@test(limit=120, cpus=(1, 4))
def objects_that_cannot_be_had_kill_no_kernel(cpus):
    under_failures(cpus, "failslab=150")


@test(limit=120, cpus=(1, 4))
def pages_that_cannot_be_had_kill_no_kernel(cpus):
    under_failures(cpus, "fail_page_alloc=60")


@test(limit=120, long=True, cpus=(1, 2, 4))
def any_rate_of_failures_kills_no_kernel(cpus):
    for rate in (7, 30, 400, 3000):
        under_failures(cpus, "failslab=%d" % rate, "fail_page_alloc=%d" % (rate + 13))


@test(limit=90, cpus=(1, 2, 4))
def several_eaters_die_and_their_parent_lives(cpus):
    # Each builds a string that doubles until the kernel ends it.
    script = ("for i in 1 2 3 4; do awk 'BEGIN { s = \"x\"; while (1) s = s s }' & done; "
              "wait; echo parent lives; cat /proc/version >/dev/null && echo and works")
    ended = boot("mem=64M", "ncpus=%d" % cpus, "--", "sh", "-c", script, limit=80)
    equal(ended.out, b"parent lives\nand works\n")
    equal(ended.status, 0)
    contains(ended.err, r"Out of memory: Killed process \d+ \(awk\)")


@test(limit=60)
def freed_memory_goes_back_to_the_host():
    c = Console("mem=256M")
    c.prompt()
    pids = processes_of(c.process.pid)
    before = pss_kib(pids)
    c.command("dd if=/dev/zero of=/tmp/big bs=1M count=100 2>/dev/null")
    full = pss_kib(processes_of(c.process.pid))
    check(full > before + 90000, "%d KiB, then %d with a file of 100 MiB" % (before, full))
    c.command("rm /tmp/big")
    end = time.monotonic() + 20
    while time.monotonic() < end:
        c.drain(0.5)
        after = pss_kib(processes_of(c.process.pid))
        if after < before + 16000:
            return
    check(False, "%d KiB at first, %d full, %d after the file was removed" % (before, full, after))


def swap_image(folder, mib, name="swap.img"):
    """What mkswap(8) writes, so that no package is needed."""
    path = os.path.join(folder, name)
    pages = mib * 256
    header = bytearray(4096)
    struct.pack_into("<III", header, 1024, 1, pages - 1, 0)
    header[4086:] = b"SWAPSPACE2"
    with open(path, "wb") as f:
        f.write(header)
        f.truncate(pages * 4096)
    return path


def make_initrd(folder, entries):
    """The built-in archive and more lines for mkcpio, for machines too small for all tests."""
    path = os.path.join(folder, "initrd")
    with open(os.path.join(BUILD, "init/initramfs.list"), encoding="ascii") as f:
        text = f.read()
    with open(path + ".list", "w", encoding="ascii") as f:
        f.write(text + "".join(entry + "\n" for entry in entries))
    with open(path, "wb") as f:
        subprocess.run([os.path.join(BUILD, "tools/mkcpio"), path + ".list"], stdout=f, check=True)
    return path


def stripped(program):
    return os.path.join(BUILD, "tests/stripped", program)


def small_initrd(folder, *programs):
    """A few guest tests in /bin."""
    return make_initrd(folder, ["file /bin/%s %s 0755 0 0" % (os.path.basename(program), stripped(program))
                                for program in programs])


def tests_initrd(folder, programs):
    """The runner, and only these tests, where it looks for them."""
    areas = sorted({os.path.dirname(program) for program in programs})
    return make_initrd(folder, ["dir /tests 0755 0 0"] + ["dir /tests/%s 0755 0 0" % area for area in areas] +
                       ["file /tests/%s %s 0755 0 0" % (program, stripped(program))
                        for program in ["runner"] + programs])


# Everything that was swapped is gone again, and so are the slots.
NOTHING_LEFT = "swapoff /dev/ubda && ! grep -q ubda /proc/swaps && echo swapped off"


@test(limit=60, cpus=(1, 2, 4))
def a_disk_is_free_again_when_its_one_user_has_closed_it(cpus):
    with tempfile.TemporaryDirectory() as folder:
        ended = boot("ncpus=%d" % cpus, "initrd=" + small_initrd(folder, "fs/exclusive"),
                     "ubd0=" + swap_image(folder, 16), "--", "sh", "-c",
                     "exclusive; echo status $?; swapon /dev/ubda && " + NOTHING_LEFT)
    out = ended.out.decode()
    check(out.endswith("status 0\nswapped off\n"), out + ended.err.decode(errors="replace"))


def swapped_workset(cpus, mem, swap, mib, rounds, processes, limit):
    with tempfile.TemporaryDirectory() as folder:
        ended = boot("mem=%dM" % mem, "ncpus=%d" % cpus, "initrd=" + small_initrd(folder, "mm/workset"),
                     "ubd0=" + swap_image(folder, swap), "--", "sh", "-c",
                     "swapon /dev/ubda && workset %d %d %d; echo status $?; "
                     "awk '/^pswpout/ { print ($2 > 1000) }' /proc/vmstat; %s"
                     % (mib, rounds, processes, NOTHING_LEFT), limit=limit)
    equal(ended.out.decode(), "status 0\n1\nswapped off\n", ended.err.decode(errors="replace"))


@test(limit=110, cpus=(1, 2, 4))
def a_working_set_beyond_memory_keeps_its_content_on_swap(cpus):
    swapped_workset(cpus, 32, 128, 24, 2, 2, 100)


@test(limit=600, long=True, cpus=(1, 2, 4))
def four_times_memory_keeps_its_content_on_swap(cpus):
    swapped_workset(cpus, 64, 512, 128, 3, 2, 580)


def file_set(cpus, mem, swap, arguments, mount, limit, extra=()):
    """A set of files beyond memory on tmpfs: all is on swap, and nothing is left of it."""
    with tempfile.TemporaryDirectory() as folder:
        ended = boot("mem=%dM" % mem, "ncpus=%d" % cpus,
                     "initrd=" + small_initrd(folder, "mm/fileset"),
                     "ubd0=" + swap_image(folder, swap), *extra, "--", "sh", "-c",
                     "swapon /dev/ubda && mkdir /t && mount -t tmpfs -o %s t /t && "
                     "fileset %s /t; echo status $?; ls /t; "
                     "awk '/^pswpout/ { print ($2 > 1000) }' /proc/vmstat; "
                     "df /t | awk 'NR == 2 { print $3 }'; %s"
                     % (mount, arguments, NOTHING_LEFT), limit=limit)
    equal(ended.out.decode(), "status 0\n1\n0\nswapped off\n", ended.err.decode(errors="replace"))


@test(limit=110, cpus=(1, 2, 4))
def files_of_tmpfs_beyond_memory_keep_their_content_on_swap(cpus):
    file_set(cpus, 32, 128, "24 1 2", "size=100M", 100)


@test(limit=900, long=True, cpus=(1, 2, 4))
def files_of_tmpfs_of_eight_times_memory(cpus):
    file_set(cpus, 48, 640, "192 2 2", "size=500M", 880)


@test(limit=900, long=True, cpus=(1, 2, 4))
def files_of_the_host_of_eight_times_memory(cpus):
    program = os.path.join(BUILD, "tests/stripped/mm/fileset")
    with tempfile.TemporaryDirectory() as folder:
        ended = run([VMLINUX, "run", "--mem", "64M", "--cpus", str(cpus), "-v", folder + ":/mnt",
                     "--", program, "256", "2", "2", "/mnt"], limit=880)
        equal(ended.status, 0, ended.err.decode(errors="replace"))
        equal(os.listdir(folder), [])


@test(limit=60, cpus=(1, 2))
def a_file_of_the_host_is_swap(cpus):
    # The area that came first has the higher priority, and room enough; nobody may write to it.
    program = os.path.join(BUILD, "tests/stripped/mm/workset")
    script = ("swapon /mnt/a && swapon /mnt/b && %s 32 2 2; echo status $?; "
              "awk 'NR > 1 { print $1, $2, $5, ($4 > 0) }' /proc/swaps; "
              "(: > /mnt/a) 2>/dev/null; echo $?; rm -f /mnt/a 2>/dev/null; echo $?; "
              "swapoff /mnt/a; swapoff /mnt/b; echo $?; rm /mnt/a; echo $?" % program)
    with tempfile.TemporaryDirectory() as folder:
        for name in "ab":
            # swapon(8) wants a file without holes.
            with open(swap_image(folder, 64, name), "r+b") as f:
                os.posix_fallocate(f.fileno(), 0, 64 << 20)
        ended = run([VMLINUX, "run", "--mem", "48M", "--cpus", str(cpus), "--user", "root",
                     "-v", folder + ":/mnt", "--", busybox(), "sh", "-c", script], limit=50)
        equal(ended.out.decode(), "status 0\n/mnt/a file -2 1\n/mnt/b file -3 0\n1\n1\n0\n0\n",
              ended.err.decode(errors="replace"))
        equal(os.listdir(folder), ["b"])


COUNTS = ("sync; echo 3 > /proc/sys/vm/drop_caches; "
          "echo 3 > /proc/sys/vm/drop_caches; sleep 1; cat /proc/meminfo; echo --; ")


def meminfo(text):
    return {name: int(kib) for name, kib in re.findall(r"^(\S+): +(\d+)", text, re.M)}


@test(limit=110, cpus=(1, 2, 4))
def all_counts_return_after_pressure(cpus):
    pressure = "workset 12 1 2; fileset 12 1 2 /t; "
    # kswapd, still at work, would swap files of the initramfs to the new area.
    settled = "sleep 1; exec >&3; swapoff /dev/ubda; swapon /dev/ubda; "
    script = ("mkdir /t; mount -t tmpfs -o size=100M t /t; swapon /dev/ubda; exec 3>&1 >/dev/null; "
              + pressure + settled + COUNTS + "exec >/dev/null; " + pressure * 3 + settled + COUNTS)
    with tempfile.TemporaryDirectory() as folder:
        ended = boot("mem=32M", "ncpus=%d" % cpus,
                     "initrd=" + small_initrd(folder, "mm/workset", "mm/fileset"),
                     "ubd0=" + swap_image(folder, 128), "--", "sh", "-c", script, limit=100)
    before, after, _ = (meminfo(part) for part in ended.out.decode().split("--\n"))
    for name in ("Shmem", "SwapCached", "Dirty", "Writeback"):
        equal(after[name], before[name], name)
    equal(after["SwapFree"], after["SwapTotal"])
    # What the slabs and the cache of stacks keep, and what the shell itself has.
    for name, kib in (("AnonPages", 256), ("PageTables", 64), ("KernelStack", 200), ("Slab", 500),
                      ("Committed_AS", 512), ("MemFree", 1500)):
        check(abs(after[name] - before[name]) <= kib,
              "%s: %d KiB, then %d" % (name, before[name], after[name]))


def eat(mib, adjust, name):
    """Shell text: a process of that many MiB with that oom_score_adj, which then waits."""
    return ("(echo %d > /proc/self/oom_score_adj; exec awk 'BEGIN { s = sprintf(\"%%%ds\", \"\"); "
            "print \"%s\" > \"/dev/stderr\"; while (1) system(\"sleep 1\") }') & %s=$!; sleep 1; "
            % (adjust, mib << 20, name, name))


# Takes all memory there is, 1 MiB at a time.
EAT_ALL = "awk 'BEGIN { while (1) a[n++] = sprintf(\"%1048576s\", \"\") }'"


def oom(script, *params, limit=60):
    return boot("mem=96M", *params, "--", "sh", "-c", script, limit=limit)


@test(limit=60, cpus=(1, 2))
def the_oom_killer_takes_the_highest_score(cpus):
    # The small one with a high adjustment is taken first, the big one that must not die never.
    ended = oom(eat(12, 900, "small") + eat(24, -1000, "big") +
                "awk '{ print ($1 > 900) }' /proc/$small/oom_score; cat /proc/$big/oom_score; "
                + EAT_ALL + "; kill -0 $small 2>/dev/null; echo $?; kill -0 $big; echo $?; "
                "awk '/^oom_kill/ { print ($2 >= 2) }' /proc/vmstat", "ncpus=%d" % cpus)
    equal(ended.out.decode(), "1\n0\n1\n0\n1\n", ended.err.decode(errors="replace"))
    victims = re.findall(r"Out of memory: Killed process (\d+) \((\w+)\).*adj:(-?\d+)",
                         ended.err.decode(errors="replace"))
    equal(victims[0][2], "900")
    check("-1000" not in [v[2] for v in victims], victims)


@test(limit=60)
def the_allocating_task_is_taken_when_asked_for():
    ended = oom(eat(24, 500, "other") + "echo 1 > /proc/sys/vm/oom_kill_allocating_task; "
                + EAT_ALL + "; echo $?; kill -0 $other; echo $?")
    equal(ended.out.decode(), "137\n0\n", ended.err.decode(errors="replace"))


@test(limit=60)
def panic_on_oom_ends_the_machine():
    ended = oom("echo 1 > /proc/sys/vm/panic_on_oom; " + EAT_ALL)
    equal(ended.status, 133)
    contains(ended.err, r"Kernel panic.*Out of memory: system-wide panic_on_oom is enabled")


@test(limit=120, cpus=(1, 2))
def a_compiler_works_in_little_memory_with_swap(cpus):
    if not shutil.which("gcc"):
        raise Skip("no gcc on the host")
    source = "\n".join("int f%d(int a, int b) { int c[64]; for (int i = 0; i < 64; i++) c[i] = a * i"
                       " + b %% (i + %d); return c[a & 63] + c[b & 63]; }" % (i, i + 1)
                       for i in range(100))
    # A long table costs the compiler memory, but little time.
    source += "\nint table[] = {" + ",".join(str(i * 7 % 65536) for i in range(400000)) + "};\n"
    script = ("swapon /mnt/swap && gcc -O2 -c /mnt/a.c -o /mnt/a.o; echo $?; "
              "awk '/^pswpout/ { print ($2 > 100) }' /proc/vmstat; swapoff /mnt/swap; echo $?")
    with tempfile.TemporaryDirectory() as folder:
        with open(swap_image(folder, 200, "swap"), "r+b") as f:
            os.posix_fallocate(f.fileno(), 0, 200 << 20)
        with open(os.path.join(folder, "a.c"), "w", encoding="ascii") as f:
            f.write(source)
        ended = run([VMLINUX, "run", "--mem", "64M", "--cpus", str(cpus), "--user", "root",
                     "-v", folder + ":/mnt", "--", "sh", "-c", script], limit=110)
        equal(ended.out.decode(), "0\n1\n0\n", ended.err.decode(errors="replace"))
        check(os.path.getsize(os.path.join(folder, "a.o")) > 10000)
