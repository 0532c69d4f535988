# SPDX-License-Identifier: MIT
"""Scripted use: pipes and files at the three descriptors, exit statuses."""
import hashlib
import os
import random
import subprocess

from driver import (TESTS_INITRD, VMLINUX, boot, check, contains, equal, lacks, run, scratch,
                    shell, test)

ALL_CPUS = (1, 2, 4)


@test(cpus=ALL_CPUS)
def a_script_on_standard_input(cpus):
    ended = boot("ncpus=%d" % cpus, stdin=b"cat /proc/version; ps; ls -l /\npoweroff\n")
    ended.expect(0)
    contains(ended.out, r"\ALinux version \d")
    contains(ended.out, r"^ *PID +USER")
    contains(ended.out, r"^ +1 +(root|0) .*init")
    contains(ended.out, r"^drwxr-xr-x .* bin$")
    lacks(ended.out, r"# ")
    equal(ended.err, b"")


@test(cpus=ALL_CPUS)
def the_status_of_the_command(cpus):
    boot("ncpus=%d" % cpus, "--", "sh", "-c", "echo hi; exit 7").expect(7, b"hi\n")
    boot("ncpus=%d" % cpus, "--", "true").expect(0, b"")


@test
def the_status_of_a_killed_command():
    shell("kill -9 $$").expect(128 + 9, b"")
    shell("kill -TERM $$").expect(128 + 15, b"")


@test
def a_command_that_does_not_exist():
    ended = boot("--", "/does/not/exist")
    equal(ended.status, 127)
    contains(ended.err, "/does/not/exist")


@test
def arguments_arrive_as_they_are():
    words = ["a b", "", "*", "'quoted'", "x=1", "--", "-n", "\\n", "é"]
    ended = boot("--", "sh", "-c", 'for a; do printf "<%s>" "$a"; done', "sh", *words)
    ended.expect(0, "".join("<%s>" % w for w in words).encode())


@test
def standard_error_is_apart():
    ended = shell("echo to-out; echo to-err >&2; echo more")
    equal(ended.out, b"to-out\nmore\n")
    equal(ended.err, b"to-err\n")
    equal(ended.status, 0)


def _random_bytes(n=3 << 20):
    return random.Random(4711).randbytes(n)


@test(cpus=ALL_CPUS)
def three_megabytes_through_pipes(cpus):
    data = _random_bytes()
    ended = boot("ncpus=%d" % cpus, "--", "cat", stdin=data)
    equal(ended.status, 0)
    equal(len(ended.out), len(data))
    check(ended.out == data, "the bytes differ")


@test
def three_megabytes_through_files():
    data = _random_bytes()
    folder = scratch()
    source, target = os.path.join(folder, "in"), os.path.join(folder, "out")
    with open(source, "wb") as f:
        f.write(data)
    with open(source, "rb") as i, open(target, "wb") as o:
        p = subprocess.run([VMLINUX, "quiet", "--", "cat"], stdin=i, stdout=o, timeout=30,
                           check=False)
    equal(p.returncode, 0)
    with open(target, "rb") as f:
        check(f.read() == data, "the bytes differ")


@test
def input_and_output_files_keep_their_positions():
    folder = scratch()
    path = os.path.join(folder, "out")
    with open(path, "wb") as o:
        o.write(b"before\n")
        o.flush()
        subprocess.run([VMLINUX, "quiet", "--", "echo", "inside"], stdin=subprocess.DEVNULL,
                       stdout=o, timeout=30, check=True)
        o.seek(0, os.SEEK_END)
        o.write(b"after\n")
    with open(path, "rb") as f:
        equal(f.read(), b"before\ninside\nafter\n")


@test
def end_of_file_arrives():
    boot("--", "wc", "-c", stdin=b"").expect(0, b"0\n")
    boot("--", "wc", "-c", stdin=b"12345").expect(0, b"5\n")
    ended = boot("--", "sh", "-c", "read a; read b; echo $a-$b-$?", stdin=b"one\n")
    ended.expect(0, b"one--1\n")


@test
def a_closed_reader_kills_the_writer_by_sigpipe():
    p = subprocess.Popen([VMLINUX, "quiet", "--", "yes"], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    equal(p.stdout.read(4), b"y\ny\n")
    p.stdout.close()
    equal(p.wait(15), 128 + 13)
    p.stderr.close()


@test
def isatty_tells_the_truth():
    ended = shell("for fd in 0 1 2; do test -t $fd; echo $?; done")
    ended.expect(0, b"1\n1\n1\n")
    ended = run(["script", "-qec", VMLINUX + " quiet -- sh -c 'test -t 0 && test -t 1; exit $?'",
                 "/dev/null"])
    equal(ended.status, 0, "on a terminal")


@test
def a_null_device_as_standard_output():
    with open("/dev/null", "wb") as null:
        p = subprocess.run([VMLINUX, "quiet", "--", "sh", "-c", "echo x; exit 3"],
                           stdin=subprocess.DEVNULL, stdout=null, timeout=20, check=False)
    equal(p.returncode, 3)


@test
def closed_descriptors_do_no_harm():
    script = 'exec "$0" quiet -- sh -c "exit 5" <&- >&- 2>&-'
    p = subprocess.run(["sh", "-c", script, VMLINUX], timeout=20, check=False)
    equal(p.returncode, 5)


@test(cpus=ALL_CPUS)
def the_kernel_sees_its_cpus(cpus):
    ended = shell("nproc; grep -c ^processor /proc/cpuinfo; grep -c '^cpu[0-9]' /proc/stat",
                  "ncpus=%d" % cpus)
    ended.expect(0, b"%d\n" % cpus * 3)


@test
def an_init_that_dies_is_a_panic():
    ended = boot("init=/bin/false")
    equal(ended.status, 133)
    contains(ended.err, r"Kernel panic.*init")


@test
def an_init_that_is_missing():
    ended = boot("init=/no/such/init")
    equal(ended.status, 133)
    contains(ended.err, r"/no/such/init")


@test
def kernel_messages_go_to_standard_error():
    ended = boot("--", "echo", "x", quiet=False)
    ended.expect(0, b"x\n")
    contains(ended.err, r"Linux version")


@test
def reboot_and_halt_end_the_process():
    for command in ("poweroff -f", "poweroff", "halt -f", "reboot -f"):
        equal(boot(stdin=command.encode() + b"\nsleep 20\n").status, 0, command)


@test
def proc_files_that_tools_read():
    ended = shell("free; uptime; mount; df; top -bn1; ps -o pid,ppid,stat,vsz,rss,comm; "
                  "cat /proc/meminfo /proc/loadavg /proc/stat /proc/self/status /proc/self/maps "
                  "/proc/cmdline /proc/filesystems /proc/mounts >/dev/null && echo all-read")
    equal(ended.status, 0)
    contains(ended.out, r"Mem: +\d+")
    contains(ended.out, r"load average")
    contains(ended.out, r" on / type ")
    contains(ended.out, r"all-read\n\Z")


@test
def an_initrd_from_a_file_plain_gzip_zstd():
    folder = scratch()
    command = ["--", "sh", "-c", "ls -d /tests"]
    boot("initrd=" + TESTS_INITRD, "mem=512M", *command).expect(0, b"/tests\n")
    for packer, suffix in ((["gzip", "-1"], "gz"), (["zstd", "-q", "-1"], "zst")):
        path = os.path.join(folder, "initrd." + suffix)
        with open(TESTS_INITRD, "rb") as i, open(path, "wb") as o:
            try:
                subprocess.run(packer, stdin=i, stdout=o, check=True)
            except FileNotFoundError:
                continue
        boot("initrd=" + path, "mem=512M", *command).expect(0, b"/tests\n")


@test
def output_is_the_same_in_every_run():
    sums = set()
    for _ in range(5):
        ended = shell("find / -xdev -type f | sort | head -500; seq 1 20000")
        equal(ended.status, 0)
        sums.add(hashlib.sha256(ended.out).hexdigest())
    equal(len(sums), 1)
