# SPDX-License-Identifier: MIT
"""Programs of the host that talk over unix sockets, inside the kernel."""
import os
import shutil

import driver
from driver import Skip, check, contains, run, test

CPUS = (1, 2)


def inside(script, cpus, **kwargs):
    return run([os.path.abspath(driver.VMLINUX), "run", "--cpus", str(cpus), "--workdir", "/dev/shm",
                "--", "bash", "-c", script], **kwargs)


def need(*programs):
    for program in programs:
        if not shutil.which(program, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"):
            raise Skip("%s is not installed" % program)


@test(cpus=CPUS)
def python_multiprocessing(cpus):
    need("/usr/bin/python3")
    end = inside('''/usr/bin/python3 - <<'EOF'
import multiprocessing as mp, socket, os
def worker(conn, n):
    conn.send([n * i for i in range(5)])
    conn.close()
ctx = mp.get_context("fork")
ends = [ctx.Pipe() for i in range(4)]
procs = [ctx.Process(target=worker, args=(e[1], i)) for i, e in enumerate(ends)]
for p in procs: p.start()
print(sum(sum(e[0].recv()) for e in ends))
for p in procs: p.join()
a, b = socket.socketpair()
socket.send_fds(a, [b"x"], [os.open("/etc/hostname", os.O_RDONLY)])
data, fds, flags, addr = socket.recv_fds(b, 10, 4)
print(data, len(fds), len(os.read(fds[0], 100)) > 0)
EOF''', cpus)
    end.expect(0, b"60\nb'x' 1 True\n")


@test(cpus=CPUS, limit=60)
def redis_over_a_unix_socket(cpus):
    need("redis-server", "redis-cli", "redis-benchmark")
    end = inside('''
redis-server --port 0 --unixsocket /dev/shm/r.sock --save "" --daemonize no >/dev/shm/r.log 2>&1 &
for i in $(seq 100); do [ -S /dev/shm/r.sock ] && break; sleep 0.1; done
redis-cli -s /dev/shm/r.sock set a 5; redis-cli -s /dev/shm/r.sock incr a
redis-benchmark -s /dev/shm/r.sock -n 2000 -c 10 -q -t get,set >/dev/null && echo benchmark
redis-cli -s /dev/shm/r.sock shutdown nosave; wait; echo status $?
''', cpus)
    end.expect(0, b"OK\n6\nbenchmark\nstatus 0\n")


@test(limit=60)
def tmux_session():
    need("tmux")
    end = inside('''
export TMUX_TMPDIR=/dev/shm TERM=xterm
tmux -f /dev/null new-session -d -s a -x 80 -y 24 sh
for i in $(seq 50); do tmux capture-pane -p -t a | grep -q '[#$]' && break; sleep 0.1; done
tmux send-keys -t a 'echo hello-$((40+2))' Enter
for i in $(seq 50); do tmux capture-pane -p -t a | grep -q ^hello-42 && break; sleep 0.1; done
tmux capture-pane -p -t a | grep ^hello
tmux kill-server
''', 2)
    end.expect(0, b"hello-42\n")


@test(limit=60)
def dbus_session():
    need("dbus-daemon", "dbus-send")
    end = inside('''
dbus-daemon --session --fork --print-address=1 --address=unix:path=/dev/shm/bus >/dev/shm/addr
export DBUS_SESSION_BUS_ADDRESS=$(head -1 /dev/shm/addr)
dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.ListNames
''', 2)
    check(end.status == 0)
    contains(end.out, '"org.freedesktop.DBus"')


@test(limit=60)
def sandbox_with_a_network_of_its_own():
    need("bwrap", "ip")
    end = inside("bwrap --ro-bind / / --unshare-net --dev /dev ip -br link", 1)
    check(end.status == 0)
    contains(end.out, "LOOPBACK,UP")
