# SPDX-License-Identifier: MIT
"""vmlinux run: programs of the host inside the kernel."""
import os
import signal
import subprocess
import time

import driver
from driver import Console, check, contains, equal, lacks, run, test
from inside import CPUS, command, inside, shell
from programs import folder, write


# ---- how it ends ----

@test(cpus=CPUS)
def status_is_the_programs(cpus):
    for status in (0, 1, 42, 255):
        shell("exit %d" % status, cpus=cpus).expect(status, b"")


@test
def status_of_a_signal():
    shell("kill -9 $$").expect(128 + 9, b"")
    shell("kill -SEGV $$").expect(128 + 11, b"")


@test
def command_that_does_not_exist():
    end = inside("no-such-command").expect(127, b"")
    equal(end.err, b"vmlinux: no-such-command: command not found\n")
    end = inside("/no/such/file").expect(127, b"")
    equal(end.err, b"vmlinux: /no/such/file: No such file or directory\n")


@test
def command_that_cannot_be_executed():
    end = inside("/etc/passwd").expect(126, b"")
    equal(end.err, b"vmlinux: /etc/passwd: Permission denied\n")
    inside("/etc").expect(126, b"")


@test
def script_without_a_magic_number_is_the_shells():
    path = os.path.join(folder(), "script")
    write(path, "echo script $1; exit 5\n")
    os.chmod(path, 0o755)
    inside("--rw", path, "word").expect(5, b"script word\n")


@test
def mistakes_take_one_line():
    cases = (
        ([], r"no command"),
        (["--no-such", "true"], r'unknown option "--no-such"'),
        (["--cpus", "0", "true"], r"ncpus=0"),
        (["--mem", "much", "true"], r"mem=much"),
        (["--mem"], r'"--mem" needs a value'),
        (["-v", "/no/such/folder:/x", "true"], r'cannot open "/no/such/folder"'),
        (["-v", "/tmp", "true"], r'malformed -v "/tmp"'),
        (["-v", "/tmp:relative", "true"], r"must be absolute"),
        (["-v", "/proc:/x", "true"], r'"/proc" shows the host\'s kernel'),
        (["--user", "no-such-user", "true"], r'unknown user "no-such-user"'),
        (["--append", "no_such_parameter", "true"], r"unknown parameter"),
    )
    for args, pattern in cases:
        end = run([driver.VMLINUX, "run"] + args).expect(2, b"")
        contains(end.err, pattern)
        equal(end.err.count(b"\n"), 1, args)


@test
def help_is_printed():
    contains(run([driver.VMLINUX, "run", "--help"]).expect(0).out, r"^Usage: vmlinux run")


# ---- descriptors ----

@test(cpus=CPUS)
def pipes_pass_through(cpus):
    data = os.urandom(300000)
    inside("cat", stdin=data, cpus=cpus).expect(0, data)
    end = shell("echo out; echo err >&2", cpus=cpus).expect(0, b"out\n")
    equal(end.err, b"err\n")


@test
def reader_that_goes_away_ends_the_writer():
    source = subprocess.Popen(command("yes"), stdout=subprocess.PIPE)
    equal(source.stdout.readline(), b"y\n")
    source.stdout.close()
    equal(source.wait(10), 128 + signal.SIGPIPE)


@test
def kernel_is_silent_unless_asked():
    equal(inside("true").expect(0, b"").err, b"")
    contains(inside("--verbose", "true").expect(0, b"").err, r"Linux version")


# ---- signals ----

@test(cpus=CPUS)
def timeout_leaves_nothing(cpus):
    start = time.monotonic()
    run(["timeout", "1"] + command("sleep", "100", cpus=cpus)).expect(124, b"")
    check(time.monotonic() - start < 10)


@test
def signals_reach_the_program():
    for signr, name in ((signal.SIGTERM, "TERM"), (signal.SIGINT, "INT"), (signal.SIGHUP, "HUP"),
                        (signal.SIGQUIT, "QUIT")):
        script = "trap 'echo got %s; exit 3' %s; echo ready; while :; do sleep 0.05; done" % (name, name)
        p = subprocess.Popen(command("sh", "-c", script), stdout=subprocess.PIPE)
        equal(p.stdout.readline(), b"ready\n")
        p.send_signal(signr)
        equal(p.communicate(timeout=10)[0], b"got %s\n" % name.encode())
        equal(p.returncode, 3)


@test
def unhandled_signal_ends_it():
    p = subprocess.Popen(command("sh", "-c", "echo ready; exec sleep 100"), stdout=subprocess.PIPE)
    equal(p.stdout.readline(), b"ready\n")
    p.terminate()
    equal(p.wait(10), 128 + signal.SIGTERM)
    p.stdout.close()


@test
def ignored_signals_stay_ignored():
    script = "trap '' HUP INT; exec \"$@\""
    argv = ["sh", "-c", script, "sh"] + command("sh", "-c", "kill -HUP $$; kill -INT $$; echo alive")
    run(argv).expect(0, b"alive\n")


@test
def what_still_runs_ends_with_the_program():
    start = time.monotonic()
    shell("sleep 100 & (trap '' TERM; sleep 100) & exit 6").expect(6, b"")
    check(time.monotonic() - start < 10)


# ---- terminals ----

@test(cpus=CPUS)
def terminal_is_the_programs(cpus):
    c = Console("run", "--cpus", str(cpus), "--", "sh", "-c",
                "test -t 0 && test -t 1 && echo tty; stty size; read x; echo $x; exit 9",
                rows=31, cols=77, quiet=False)
    c.expect(r"tty\r\n31 77\r\n")
    c.line("word")
    c.expect(r"word\r\nword\r\n")
    equal(c.wait(), 9)
    check(c.restored(), "terminal settings")


@test(cpus=CPUS)
def control_c_interrupts(cpus):
    c = Console("run", "--cpus", str(cpus), "--", "sh", "-c", "echo ready; exec sleep 100", quiet=False)
    c.expect("ready")
    c.send("\x03")
    equal(c.wait(), 128 + signal.SIGINT)
    check(c.restored(), "terminal settings")


@test
def shell_has_job_control():
    c = Console("run", "--env", "PS1=$ ", "bash", "--norc", "--noprofile", quiet=False)
    c.prompt()
    c.line("sleep 100")
    c.expect("sleep 100")
    time.sleep(0.3)
    c.send("\x1a")
    c.expect("Stopped")
    c.prompt()
    contains(c.command("jobs"), r"Stopped\s+sleep 100")
    c.line("fg")
    c.expect("sleep 100")
    time.sleep(0.3)
    c.send("\x03")
    c.prompt()
    c.line("exit 4")
    equal(c.wait(), 4)


# ---- surroundings ----

@test
def environment_is_passed():
    end = inside("--env", "ADDED=1", "--env", "TAKEN", "env",
                 env=dict(os.environ, KEPT="x y", TAKEN="z")).expect(0)
    contains(end.out, r"^KEPT=x y$")
    contains(end.out, r"^ADDED=1$")
    lacks(end.out, r"^TAKEN=")


@test
def current_folder_is_kept():
    inside("pwd", cwd="/usr/share").expect(0, b"/usr/share\n")
    inside("--workdir", "/usr/lib", "pwd", cwd="/usr/share").expect(0, b"/usr/lib\n")
    end = inside("--workdir", "/no/such/folder", "pwd").expect(126, b"")
    equal(end.err, b"vmlinux: cannot enter the folder /no/such/folder\n")


@test
def user_is_the_callers():
    inside("id", "-u").expect(0, b"%d\n" % os.geteuid())
    inside("--user", "1234:5678", "sh", "-c", "id -u; id -g").expect(0, b"1234\n5678\n")
    inside("--user", "root", "id", "-un").expect(0, b"root\n")


@test
def limits_and_mask_are_inherited():
    script = "umask 027; ulimit -n 123; ulimit -c 0; exec \"$@\""
    argv = ["sh", "-c", script, "sh"] + command("sh", "-c", "umask; ulimit -n; ulimit -c")
    run(argv).expect(0, b"0027\n123\n0\n")


@test
def devices_are_the_guests():
    shell("echo x >/dev/null; head -c 3 /dev/zero | od -An -tx1; ls /dev/pts; "
          "echo y >/dev/shm/f; cat /dev/shm/f; cat /proc/1/comm").expect(
              0, b" 00 00 00\nptmx\ny\nrun-program\n")


# ---- real programs ----

@test(limit=90, cpus=CPUS)
def compiler(cpus):
    top = folder()
    write(top + "/a.c", '#include <stdio.h>\nint main(void) { printf("%d\\n", 6 * 7); return 0; }\n')
    shell("cd %s && gcc -O2 -o a a.c && ./a" % top, "--rw", "--mem", "512M", cpus=cpus,
          limit=80).expect(0, b"42\n")
    run([top + "/a"]).expect(0, b"42\n")


@test(limit=600, long=True)
def builds_itself():
    top = folder()
    run(["git", "clone", "-q", driver.ROOT, top + "/src"]).expect(0)
    argv = ["make", "-C", top + "/src", "-j2", "vmlinux"]
    inside("--rw", "--mem", "2G", *argv, cpus=2, limit=280).expect(0)
    os.rename(top + "/src/vmlinux", top + "/inside")
    run(["git", "-C", top + "/src", "clean", "-xfdq"]).expect(0)
    run(argv, limit=280).expect(0)
    with open(top + "/inside", "rb") as a, open(top + "/src/vmlinux", "rb") as b:
        check(a.read() == b.read(), "the two builds differ")
    os.chmod(top + "/inside", 0o755)
    run([top + "/inside", "quiet", "--", "sh", "-c", "exit 5"]).expect(5)
