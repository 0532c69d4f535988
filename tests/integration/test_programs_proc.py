# SPDX-License-Identifier: MIT
"""Tools that read /proc and /sys, under `vmlinux run`: they understand what they find there."""
from driver import contains, equal, lacks, run, test
from programs import command, folder, need

CPUS = (1, 2)


def inside(script, cpus, *options):
    end = run(command("bash", "-c", script, cpus=cpus, options=options), limit=60, cwd=folder(),
              env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C"})
    lacks(end.err, r"(?i)error|cannot|no such file|not found|invalid")
    return end.out.decode(errors="replace")


@test(cpus=CPUS)
def processes_are_listed(cpus):
    need("ps", "pgrep", "pmap", "top")
    out = inside("""
sleep 1000 & pid=$!
bash -c 'exec -a named sleep 1000' & other=$!; sleep 0.2
ps -o pid=,ppid=,stat=,comm=,args= -p $pid | sed "s/$pid/PID/; s/$$/PPID/"
ps -eLo comm,nlwp,cls,rtprio,ni | head -1
pgrep -cx sleep; pgrep -f -a '^named' | wc -l; pkill -f '^named'; wait $other; echo "status $?"
pmap -x $pid | tail -1 | grep -c total; pmap $pid | grep -c libc.so
top -b -n 1 | grep -c -E '^(Tasks|%Cpu|MiB Mem)'
cat /proc/$pid/comm; tr '\\0' ' ' </proc/$pid/cmdline; echo; readlink /proc/$pid/exe
pidof sleep | wc -w; kill $pid; uptime -p | grep -c up; w -h | wc -l; pstree -A $$ | head -1 | cut -c1-4
""", cpus)
    equal(out, "   PID    PPID S    sleep           sleep 1000\nCOMMAND         NLWP CLS RTPRIO  NI\n"
          "2\n1\nstatus 143\n1\n5\n3\nsleep\nsleep 1000 \n/usr/bin/sleep\n1\n1\n0\nbash\n")


@test(cpus=CPUS)
def open_files_are_listed(cpus):
    need("lsof", "fuser")
    out = inside("""
exec 7>held; mkfifo p; flock 7 true
lsof -p $$ -a -d 7 -Ffan | grep -v ^p
lsof -t held | grep -c "^$$$"; fuser held 2>/dev/null | grep -cw "$$"
python3 -c 'import socket, subprocess
s = socket.socket(socket.AF_UNIX); s.bind("sock"); s.listen()
print(subprocess.run(["lsof", "-U", "-a", "-p", str(__import__("os").getpid()), "-Fn"], stdout=-1).stdout.decode().count("sock"))'
lsof -a -p $$ +D . 2>/dev/null | grep -c held; ls -l /proc/$$/fd/7 | grep -c held
""", cpus)
    lines = out.split("\n")
    contains(out, r"f7\naw\nn/.*/held\n")
    equal(lines[3:5] + lines[5:8], ["1", "1", "1", "1", "1"])


@test(cpus=CPUS)
def the_machine_is_described(cpus):
    need("lscpu", "free", "vmstat", "lsblk", "findmnt")
    out = inside("""
lscpu | grep -E '^(Architecture|CPU\\(s\\)|On-line CPU)' | tr -s ' '
nproc; getconf _NPROCESSORS_ONLN; free -m | awk '/^Mem:/ { print ($2 > 950 && $2 <= 1024) }'
vmstat 1 2 | tail -1 | wc -w; vmstat -s | grep -c 'total memory'
lsblk -n | wc -l >/dev/null; echo "lsblk $?"
mount | grep -c -E '^(proc on /proc type proc|sysfs on /sys type sysfs)'
findmnt -n -o FSTYPE /; findmnt -n -o TARGET /proc; df / | tail -1 | awk '{ print $NF }'
sysctl -n kernel.ostype vm.overcommit_memory; sysctl -a 2>/dev/null | wc -l | awk '{ print ($1 > 100) }'
lsns -n 2>/dev/null | wc -l | awk '{ print ($1 >= 6) }'; ipcs -m | grep -c Shared; prlimit --pid $$ -n -o RESOURCE --noheadings
lsipc -m >/dev/null; echo $?; lslocks >/dev/null; echo $?; uname -s -m; hostname >/dev/null; echo $?; dmesg | head -1 | grep -c Linux
""", cpus, "--user", "root")
    online = "0" if cpus == 1 else "0,1"
    equal(out, "Architecture: x86_64\nCPU(s): %d\nOn-line CPU(s) list: %s\n%d\n%d\n1\n17\n1\nlsblk 0\n2\n"
          "overlay\n/proc\n/\nLinux\n0\n1\n1\n1\nNOFILE\n0\n0\nLinux x86_64\n0\n1\n" % (
              cpus, online, cpus, cpus))
