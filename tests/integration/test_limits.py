# SPDX-License-Identifier: MIT
"""Little memory, too many processes, too much of everything: the kernel goes on."""
from driver import boot, check, contains, equal, shell, test


@test(cpus=(1, 4))
def thirty_two_megabytes_boot(cpus):
    ended = shell("echo up; awk '/MemTotal/ { print ($2 < 33000) }' /proc/meminfo",
                  "mem=32M", "ncpus=%d" % cpus)
    ended.expect(0, b"up\n1\n")


@test
def a_gigabyte_is_all_there():
    ended = shell("awk '/MemTotal/ { print ($2 > 900000) }' /proc/meminfo; "
                  "dd if=/dev/zero of=/tmp/big bs=1M count=500 2>/dev/null; "
                  "sha256sum </tmp/big; rm /tmp/big", "mem=1G", limit=60)
    equal(ended.status, 0)
    contains(ended.out, r"\A1\n[0-9a-f]{64}  -\n\Z")


@test(limit=90, cpus=(1, 2))
def a_memory_eater_is_killed_and_the_shell_goes_on(cpus):
    # awk doubles a string until it is killed.
    ended = boot("mem=64M", "ncpus=%d" % cpus, "--", "sh", "-c",
                 "awk 'BEGIN { s = \"x\"; while (1) s = s s }'; echo status $?; "
                 "echo still here; free >/dev/null && ls / >/dev/null && echo works", limit=80)
    equal(ended.status, 0, ended.err.decode(errors="replace"))
    contains(ended.out, r"status 137\nstill here\nworks\n\Z")
    contains(ended.err, r"[Oo]ut of memory|oom")


@test(limit=90)
def a_full_tmpfs_says_so():
    ended = boot("mem=64M", "--", "sh", "-c",
                 "dd if=/dev/zero of=/tmp/big bs=64k count=4000 2>/err; echo status $?; "
                 "grep -c 'No space' /err; rm /tmp/big; echo x >/tmp/small; cat /tmp/small")
    equal(ended.status, 0, ended.err.decode(errors="replace"))
    contains(ended.out, r"status 1\n1\nx\n\Z|status 137\n.*x\n\Z")


@test(limit=90, cpus=(1, 2, 4))
def a_fork_bomb_of_a_user_ends_in_eagain(cpus):
    script = r"""
cat >/tmp/bomb <<'END'
ulimit -u 100
bomb() { bomb | bomb & }
bomb 2>/tmp/user/errors
sleep 1
END
mkdir -m 777 /tmp/user
su -s /bin/sh user -c '. /tmp/bomb' >/dev/null 2>&1 &
sleep 2
grep -qi 'fork' /tmp/user/errors && echo fork-failed
echo root-still-forks
n=0
while ps -o user | grep -q '^user' && [ $n -lt 50 ]; do
	su -s /bin/sh user -c 'kill -9 -1' 2>/dev/null
	sleep 0.1
	n=$((n + 1))
done
ps -o user | grep -c '^user'
true
"""
    ended = shell(script, "ncpus=%d" % cpus, limit=60)
    equal(ended.status, 0, ended.err.decode(errors="replace"))
    contains(ended.out, r"fork-failed\nroot-still-forks\n0\n")


@test(limit=120, cpus=(1, 2, 4))
def five_hundred_processes_at_once(cpus):
    script = r"""
i=0
while [ $i -lt 500 ]; do sleep 1000 & i=$((i + 1)); done
i=0
while [ $(ps -o comm | grep -c '^sleep') -lt 500 ] && [ $i -lt 100 ]; do
	/bin/sleep 0.1
	i=$((i + 1))
done
ps -o comm | grep -c '^sleep'
kill $(jobs -p)
wait
ps -o comm | grep -c '^sleep'
echo done
"""
    ended = shell(script, "ncpus=%d" % cpus, "mem=512M", limit=100)
    equal(ended.status, 0, ended.err.decode(errors="replace"))
    equal(ended.out, b"500\n0\ndone\n")


@test(limit=60)
def many_open_files():
    ended = shell(r"""
ulimit -n 1024
exec 3</dev/null
n=3
while [ $n -lt 200 ]; do eval "exec $n</etc/passwd" || break; n=$((n + 1)); done
echo $n
ls /proc/self/fd | wc -l
""")
    equal(ended.status, 0)
    check(ended.out.splitlines()[0] == b"200", ended.out)


@test(limit=90, cpus=(1, 2))
def damaged_programs_harm_nobody(cpus):
    # ENOEXEC itself is a guest test's business: every shell hides it.
    ended = shell(r"""
# busybox goes by its name.
mkdir /tmp/bad /tmp/short
n=0
while [ $n -lt 120 ]; do
	cp /bin/busybox /tmp/bad/busybox
	dd if=/dev/urandom of=/tmp/bad/busybox bs=1 seek=$n count=1 conv=notrunc 2>/dev/null
	timeout -s KILL 1 /tmp/bad/busybox true >/dev/null 2>&1 </dev/null
	n=$((n + 1))
done
for size in 1 4 16 63 64 65 120 4096 70000; do
	head -c $size /bin/busybox >/tmp/short/busybox
	chmod +x /tmp/short/busybox
	timeout -s KILL 1 /tmp/short/busybox true >/dev/null 2>&1 </dev/null
done
echo alive
""", "ncpus=%d" % cpus, limit=80)
    ended.expect(0, b"alive\n")


@test(limit=90, cpus=(2, 4))
def parallel_shells(cpus):
    ended = shell(r"""
for n in 1 2 3 4 5 6 7 8; do
	( i=0; while [ $i -lt 60 ]; do echo $i | cat | cat >/tmp/p$n; i=$((i + 1)); done; echo end ) &
done | wc -l
wait
cat /tmp/p1 /tmp/p8
""", "ncpus=%d" % cpus, limit=80)
    equal(ended.out, b"8\n59\n59\n")
