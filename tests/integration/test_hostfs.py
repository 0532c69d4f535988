# SPDX-License-Identifier: MIT
"""vmlinux run: the host's folders as programs inside see and change them."""
import os
import stat
import subprocess

import driver
from driver import Skip, check, contains, equal, lacks, run, test
from inside import CPUS, command, inside, read, shell
from programs import folder, write


@test(cpus=CPUS)
def files_that_the_host_makes_are_seen(cpus):
    top = folder()
    script = "cd %s; [ -e late ] || echo absent; read go; sleep 2; cat late" % top
    child = subprocess.Popen(command("sh", "-c", script, cpus=cpus), stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)
    equal(child.stdout.readline(), b"absent\n")
    write(top + "/late", "here\n")
    out, _ = child.communicate(b"\n", timeout=30)
    equal(out, b"here\n")


@test(cpus=CPUS)
def files_that_the_host_makes_meanwhile_are_opened(cpus):
    """open(O_CREAT) does not mind who made the file, also between its lookup and its creation."""
    top = folder()
    script = r"""
import os
os.chdir("%s")
print("ready", flush=True)
for i in range(3000):
    os.close(os.open("f%%d" %% i, os.O_CREAT | os.O_WRONLY))
print("done")
""" % top
    child = subprocess.Popen(command("--rw", "/usr/bin/python3", "-c", script, cpus=cpus),
                             stdout=subprocess.PIPE)
    equal(child.stdout.readline(), b"ready\n")
    for i in range(3000):
        write("%s/f%d" % (top, i), "")
    equal(child.communicate(timeout=30)[0], b"done\n")
    equal(child.returncode, 0)
    equal(len(os.listdir(top)), 3000)


@test
def removed_hard_links_hold_no_descriptors():
    top = folder()
    os.mkdir(top + "/old")
    for i in range(400):
        write("%s/old/%d" % (top, i), "x\n")
    script = "cd %s; cp -al old new; rm -r old; cat new/* | wc -l; ls new | wc -l" % top
    limited = ["sh", "-c", "ulimit -n 300; exec \"$@\"", "sh"]
    run(limited + command("--rw", "sh", "-c", script)).expect(0, b"400\n400\n")


@test(cpus=CPUS)
def host_is_not_written(cpus):
    top = folder()
    write(top + "/file", "old\n")
    os.mkdir(top + "/dir")
    write(top + "/dir/f", "f\n")
    shell("cd %s; cat file; echo new >>file; cat file; mv file dir/; echo x >y; rm dir/f; ls . dir; "
          "chmod 711 dir; rm -r dir; mkdir dir; ls dir" % top, cpus=cpus).expect(
              0, b"old\nold\nnew\n.:\ndir\ny\n\ndir:\nfile\n")
    equal(read(top + "/file"), "old\n")
    equal(sorted(os.listdir(top)), ["dir", "file"])
    equal(os.listdir(top + "/dir"), ["f"])
    equal(stat.S_IMODE(os.stat(top + "/dir").st_mode) & 0o700, 0o700)


@test(cpus=CPUS)
def rw_writes_through(cpus):
    top = folder()
    write(top + "/old", "old\n")
    shell("cd %s; cat old; echo new >old; mkdir -p a/b; echo x >a/b/f; ln a/b/f g; ln -s g s; "
          "mkfifo p; chmod 640 g; truncate -s 5000000000 big; touch -d @1000000000 g" % top,
          "--rw", cpus=cpus).expect(0, b"old\n")
    equal(read(top + "/old"), "new\n")
    equal(read(top + "/s"), "x\n")
    st = os.stat(top + "/g")
    equal(st.st_nlink, 2)
    equal(stat.S_IMODE(st.st_mode), 0o640)
    equal(int(st.st_mtime), 1000000000)
    check(stat.S_ISFIFO(os.stat(top + "/p").st_mode))
    equal(os.stat(top + "/big").st_size, 5000000000)


@test
def volumes():
    top = folder()
    os.mkdir(top + "/v")
    os.mkdir(top + "/place")
    write(top + "/v/f", "f\n")
    write(top + "/file", "file\n")
    write(top + "/other", "other\n")
    place = top + "/place"
    shell("cat %s/f; echo new >%s/g; ls %s" % (place, place, place), "--rw", "-v",
          top + "/v:" + place).expect(0, b"f\nf\ng\n")
    equal(read(top + "/v/g"), "new\n")
    end = shell("cat %s/f; echo no >%s/h" % (place, place), "--rw", "-v",
                top + "/v:" + place + ":ro").expect(2, b"f\n")
    contains(end.err, "Read-only file system")
    shell("cat %s/file" % top, "--rw", "-v", top + "/other:" + top + "/file").expect(0, b"other\n")
    check(not os.path.exists(top + "/v/h"))


@test(cpus=CPUS)
def large_offsets(cpus):
    path = os.path.join(folder(), "sparse")
    script = r"""
import mmap, os
f = os.open("%s", os.O_RDWR | os.O_CREAT)
os.pwrite(f, b"end", 6 << 30)
os.pwrite(f, b"begin", 0)
assert os.fstat(f).st_size == (6 << 30) + 3
assert os.pread(f, 10, 6 << 30) == b"end"
assert os.pread(f, 4, 5 << 30) == bytes(4)
m = mmap.mmap(f, 4096 + 3, offset=(6 << 30) - 4096)
m[0:2] = b"mm"
m.flush()
print(os.lseek(f, 0, os.SEEK_HOLE) < 6 << 30)
""" % path
    inside("--rw", "/usr/bin/python3", "-c", script, cpus=cpus).expect(0, b"True\n")
    with open(path, "rb") as f:
        equal(f.read(5), b"begin")
        f.seek((6 << 30) - 4096)
        equal(f.read(2), b"mm")
        f.seek(6 << 30)
        equal(f.read(), b"end")


@test(limit=90, cpus=CPUS)
def ten_thousand_files(cpus):
    top = folder()
    script = r"""
import os
os.chdir("%s")
for i in range(10000):
    with open("f%%d" %% i, "w") as f:
        f.write(str(i))
names = os.listdir(".")
assert len(names) == 10000 == len(set(names))
assert sum(int(open(n).read()) for n in names) == sum(range(10000))
for n in names[::2]:
    os.unlink(n)
print(len(os.listdir(".")))
""" % top
    inside("--rw", "/usr/bin/python3", "-c", script, cpus=cpus, limit=80).expect(0, b"5000\n")
    equal(len(os.listdir(top)), 5000)


@test
def few_descriptors_do():
    top = folder()
    for i in range(300):
        os.mkdir("%s/d%d" % (top, i))
        write("%s/d%d/f" % (top, i), str(i))
    script = r"""
import os
os.chdir("%s")
files = [open("d%%d/f" %% i) for i in range(300)]
folders = [os.open("d%%d" %% i, os.O_RDONLY) for i in range(300)]
assert [int(f.read()) for f in files] == list(range(300))
print(sum(int(open("f", opener=lambda p, fl, d=d: os.open(p, fl, dir_fd=d)).read()) for d in folders))
""" % top
    argv = ["prlimit", "--nofile=160:160"] + command(
        "--rw", "prlimit", "--nofile=2000", "/usr/bin/python3", "-c", script)
    run(argv).expect(0, b"%d\n" % sum(range(300)))


@test
def permissions_are_kept():
    if os.geteuid():
        raise Skip("needs root to make files of others")
    top = folder()
    write(top + "/secret", "secret\n")
    os.chmod(top + "/secret", 0o600)
    os.mkdir(top + "/mine")
    os.chown(top + "/mine", 1234, 1234)
    script = "cat %s/secret; touch %s/no; touch %s/mine/yes && stat -c '%%u %%g' %s/mine/yes" % (
        (top,) * 4)
    end = shell(script, "--rw", "--user", "1234:1234").expect(0, b"1234 1234\n")
    contains(end.err, r"secret: Permission denied")
    contains(end.err, r"no.*: Permission denied")
    equal(os.stat(top + "/mine/yes").st_uid, 1234)

    def become():
        os.setgroups([])
        os.setgid(1234)
        os.setuid(1234)
    end = shell("id -u; cat %s/secret; touch %s/mine/too" % (top, top), "--rw",
                preexec=become).expect(0, b"1234\n")
    contains(end.err, r"secret: Permission denied")
    # Root inside is not root outside.
    end = shell("id -u; cat %s/secret" % top, "--rw", "--user", "root",
                preexec=become).expect(1, b"0\n")
    contains(end.err, r"secret: Permission denied")


@test
def no_way_out_of_a_tree():
    top = folder()
    os.mkdir(top + "/tree")
    os.mkdir(top + "/place")
    write(top + "/secret", "secret\n")
    os.symlink("../secret", top + "/tree/up")
    os.symlink("/proc/self/root/etc/passwd", top + "/tree/magic")
    place = top + "/place"
    # Symlinks of the tree are walked in the guest, where ".." of the place is the guest's folder.
    end = shell("cd %s; cat up; ls -a ../..%s/../secret; readlink up; "
                "mkdir x; ln -s ../../secret x/y; cat x/y; cd x; rm -r ../x; cat ../../secret" % (
                    place, place), "--rw", "-v", top + "/tree:" + place)
    equal(end.out.count(b"secret\n"), 4, end)    # the guest's own /.../secret, by its own walk
    end = shell("cd %s; cat magic >/dev/null && echo walked" % place, "--rw", "-v",
                top + "/tree:" + place).expect(0, b"walked\n")


@test
def host_kernel_is_not_shown():
    shell("umount -l /dev /sys /proc; ls /proc /sys; "
          "mkdir -p /tmp/x; mount -t hostfs 7 /tmp/x || echo none", "--user", "root").expect(
              0, b"/proc:\n\n/sys:\nnone\n")


@test(cpus=CPUS)
def open_files_outlive_their_names(cpus):
    top = folder()
    script = r"""
import os
os.chdir("%s")
f = os.open("a", os.O_RDWR | os.O_CREAT)
os.write(f, b"one")
os.rename("a", "b")
assert os.pread(f, 9, 0) == b"one"
g = os.open("b", os.O_RDONLY)
os.unlink("b")
os.write(f, b"two")
assert os.pread(g, 9, 0) == b"onetwo" and os.fstat(g).st_nlink == 0
open("c", "w").write("new c")
h = os.open("c", os.O_RDONLY)
open("d", "w").write("d")
os.rename("d", "c")
assert os.read(h, 9) == b"new c" and open("c").read() == "d"
t = os.open(".", os.O_TMPFILE | os.O_RDWR)
os.write(t, b"unnamed")
here = os.open(".", os.O_RDONLY)    # makes Python call linkat(), which can follow
os.link("/proc/self/fd/%%d" %% t, "named", src_dir_fd=here, follow_symlinks=True)
os.mkdir("dir")
os.chdir("dir")
os.rmdir("../dir")
try:
    open("x", "w")
except FileNotFoundError:
    print("gone")
""" % top
    inside("--rw", "/usr/bin/python3", "-c", script, cpus=cpus).expect(0, b"gone\n")
    equal(sorted(os.listdir(top)), ["c", "named"])
    equal(read(top + "/named"), "unnamed")


@test(cpus=CPUS)
def host_changes_are_seen(cpus):
    top = folder()
    write(top + "/f", "first")
    script = r"""
import mmap, os, sys
os.chdir("%s")
f = open("f", "rb", buffering=0)
m = mmap.mmap(f.fileno(), 5, prot=mmap.PROT_READ)
print(f.read().decode(), m[:].decode(), flush=True)
sys.stdin.readline()
f.seek(0)
print(f.read().decode(), m[:].decode(), os.path.exists("g"), flush=True)
with open("f", "r+b") as w:
    u = mmap.mmap(w.fileno(), 5)
    w.write(b"third")
    w.flush()
    assert u[:] == b"third"
    u[0:1] = b"T"
    u.flush()
""" % top
    p = subprocess.Popen(command("--rw", "/usr/bin/python3", "-c", script, cpus=cpus),
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    equal(p.stdout.readline(), b"first first\n")
    write(top + "/f", "later")
    write(top + "/g", "")
    out = p.communicate(b"\n", timeout=20)[0]
    equal(out, b"later later True\n")
    equal(p.returncode, 0)
    equal(read(top + "/f"), "Third")


@test
def attributes_pass_through():
    top = folder()
    write(top + "/f", "")
    try:
        os.setxattr(top + "/f", "user.host", b"1")
    except OSError as why:
        raise Skip("no extended attributes here: %s" % why) from None
    script = r"""
import os
os.chdir("%s")
assert os.getxattr("f", "user.host") == b"1"
os.setxattr("f", "user.guest", b"22")
print(sorted(a for a in os.listxattr("f") if a.startswith("user.")))
os.removexattr("f", "user.host")
""" % top
    inside("--rw", "/usr/bin/python3", "-c", script).expect(0, b"['user.guest', 'user.host']\n")
    equal(os.getxattr(top + "/f", "user.guest"), b"22")
    lacks(str(os.listxattr(top + "/f")), "user.host")


@test
def program_on_the_host_may_run_what_was_written():
    """No descriptor for writing stays open behind the guest's last close."""
    top = folder()
    p = subprocess.Popen(command("--rw", "sh", "-c", "printf '#!/bin/sh\\necho ran\\n' >%s/x; "
                                 "chmod +x %s/x; cp /bin/true %s/t; echo ready; read y" % (
                                     (top,) * 3)),
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    equal(p.stdout.readline(), b"ready\n")
    run([top + "/x"]).expect(0, b"ran\n")
    run([top + "/t"]).expect(0, b"")
    p.communicate(b"\n", timeout=10)


@test(limit=120, cpus=CPUS)
def guest_tests_on_hostfs(cpus):
    tests = os.path.join(os.path.abspath(driver.BUILD), "tests", "guest", "fs")
    for name in sorted(os.listdir(tests)):
        if "." in name:
            continue
        top = folder()
        end = inside("--rw", "--user", "root", "--env", "TEST_TMPDIR=" + top, "--workdir", top,
                     os.path.join(tests, name), cpus=cpus, limit=60)
        check(end.status in (0, 77), "%s: status %d\n%s" % (name, end.status,
                                                              end.err.decode(errors="replace")))
