# SPDX-License-Identifier: MIT
"""The console as a person uses it: a pseudo terminal, keys, job control."""
import signal

from driver import Console, check, contains, equal, test


def _end(console, status=0):
    equal(console.wait(), status)
    check(console.restored(), "the terminal was not restored")


@test
def a_prompt_a_command_and_poweroff():
    c = Console()
    c.prompt()
    equal(c.command("echo $((6 * 7))"), "42")
    contains(c.command("tty"), "/dev/(console|tty)")
    c.line("poweroff")
    _end(c)


@test
def exit_of_the_shell_powers_off():
    c = Console()
    c.prompt()
    c.line("exit")
    _end(c)


@test
def control_c_interrupts():
    c = Console()
    c.prompt()
    c.line("sleep 100")
    c.drain(0.3)
    c.send("\x03")
    c.prompt(5)
    equal(c.command("echo $?"), "130")
    c.line("cat")
    c.drain(0.2)
    c.send("\x03")
    c.prompt(5)
    # In a child: an interactive busybox may lock itself up when ^C comes inside one of its own
    # builtins (it leaves clearerr() by longjmp, with stdio's lock taken), on the host's kernel too.
    c.line("sh -c 'while :; do :; done'")
    c.drain(0.3)
    c.send("\x03")
    c.prompt(5)
    c.line("poweroff")
    _end(c)


@test
def control_z_fg_bg():
    c = Console()
    c.prompt()
    c.line("sleep 100")
    c.drain(0.3)
    c.send("\x1a")
    c.expect("Stopped", 5)
    c.prompt(5)
    contains(c.command("jobs"), r"Stopped.*sleep 100")
    c.line("fg")
    c.expect("sleep 100")
    c.drain(0.3)
    c.send("\x1a")
    c.expect("Stopped", 5)
    c.prompt(5)
    c.command("bg")
    contains(c.command("jobs"), r"Running.*sleep 100")
    mark = c.seen
    c.command("kill %1")
    c.command("sleep 0.1")
    c.command("jobs")
    contains(c.text[mark:], "Terminated")
    c.line("poweroff")
    _end(c)


@test
def a_background_reader_is_stopped():
    c = Console()
    c.prompt()
    c.command("cat &")
    c.command("sleep 0.2")
    contains(c.command("jobs"), r"Stopped.*cat")
    c.command("kill -9 %1")
    c.line("poweroff")
    _end(c)


@test
def control_d_is_end_of_file():
    c = Console()
    c.prompt()
    c.line("cat; echo ended")
    c.drain(0.2)
    c.line("typed")
    c.expect("typed\r\ntyped\r\n", 5)
    c.send("\x04")
    c.expect("ended", 5)
    c.prompt()
    c.send("\x04")
    _end(c)


@test
def control_backslash_quits():
    c = Console()
    c.prompt()
    c.line("sleep 100")
    c.drain(0.3)
    c.send("\x1c")
    c.prompt(5)
    equal(c.command("echo $?"), "131")
    c.line("poweroff")
    _end(c)


@test
def the_size_follows_a_resize():
    c = Console(rows=30, cols=100)
    c.prompt()
    equal(c.command("stty size"), "30 100")
    c.resize(41, 123)
    c.signal(signal.SIGWINCH)
    c.drain(0.3)
    equal(c.command("stty size"), "41 123")
    c.command("trap 'echo winch' WINCH")
    c.resize(20, 70)
    c.signal(signal.SIGWINCH)
    c.drain(0.3)
    equal(c.command("stty size").splitlines()[-1], "20 70")
    c.line("poweroff")
    _end(c)


@test
def line_editing():
    c = Console()
    c.prompt()
    c.send("echo helxx\x7f\x7flo")
    c.send("\x01")                          # to the start of the line
    c.send("\x05 world")                    # and to its end
    c.send("\r")
    c.expect(r"^hello world\r$", 5)
    c.prompt()
    c.send("\x1b[A\r")                      # cursor up: the last command again
    c.expect(r"^hello world\r$", 5)
    c.prompt()
    c.send("echo abc\x1b[D\x1b[DX\r")       # two to the left
    c.expect(r"^aXbc\r$", 5)
    c.prompt()
    c.line("poweroff")
    _end(c)


@test
def canonical_mode_edits_lines_too():
    c = Console()
    c.prompt()
    c.line("cat >/tmp/typed")
    c.drain(0.3)
    c.send("wrong line\x15right\x7f\x7fgth\x17word \x16\x03kept\r")
    c.send("\x04")
    c.prompt(5)
    contains(c.command("cat -v /tmp/typed"), r"word \^Ckept")
    c.line("poweroff")
    _end(c)


@test
def raw_mode_and_echo():
    c = Console()
    c.prompt()
    c.line("stty -echo; read x; stty echo; echo \"<$x>\"")
    c.drain(0.3)
    mark = len(c.text)
    c.line("secret")
    c.expect("<secret>", 5)
    check("secret" not in c.text[mark:].split("<secret>")[0], "it was echoed")
    c.prompt()
    c.line("stty -icanon -echo min 1; dd bs=1 count=1 2>/dev/null; stty sane; echo; echo done")
    c.drain(0.3)
    c.send("k")
    c.expect("k\r\ndone", 5)
    c.prompt()
    c.line("poweroff")
    _end(c)


@test
def vi_edits_a_file():
    c = Console()
    c.prompt()
    c.line("vi /tmp/file")
    c.expect("~", 10)
    c.send("ifirst\rsecond\x1b")
    c.drain(0.3)
    # One key after the other: an escape with something right behind it is another key.
    for keys in ("k", "dd", "p", "A!", "\x1b", ":wq\r"):
        c.send(keys)
        c.drain(0.2)
    c.prompt(10)
    equal(c.command("cat /tmp/file"), "second\nfirst!")
    c.line("poweroff")
    _end(c)


@test
def sigterm_powers_off_with_the_terminal_restored():
    c = Console()
    c.prompt()
    c.signal(signal.SIGTERM)
    _end(c)


@test
def a_panic_restores_the_terminal():
    c = Console("init=/bin/false")
    _end(c, 133)
    contains(c.text, "Kernel panic")


@test
def stopping_vmlinux_itself_and_going_on():
    c = Console()
    c.prompt()
    equal(c.command("echo one"), "one")
    c.signal(signal.SIGSTOP)
    c.drain(0.3)
    c.signal(signal.SIGCONT)
    equal(c.command("echo two"), "two")
    c.line("poweroff")
    _end(c)


@test(cpus=(1, 2, 4))
def much_output(cpus):
    c = Console("ncpus=%d" % cpus)
    c.prompt()
    text = c.command("seq 1 20000", 30)
    equal(text.split(), [str(i) for i in range(1, 20001)])
    c.line("poweroff")
    _end(c)
