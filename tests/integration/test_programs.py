# SPDX-License-Identifier: MIT
"""Debian's programs under `vmlinux run`: they print what they print on the host."""
import os

from driver import check, test
from programs import folder, need, same, write

CPUS = (1, 2)


# ---- shells and tools ----

@test(cpus=CPUS)
def bash(cpus):
    same(r"""
set -o pipefail
declare -A count
for word in a b a c b a; do ((count[$word]++)); done
for key in "${!count[@]}"; do echo "$key ${count[$key]}"; done | sort
mapfile -t lines < <(seq 1 5); echo "${lines[@]:1:3}"
diff <(printf '1\n2\n') <(printf '1\n3\n'); echo "status $?"
coproc CAT { cat; }; echo through >&"${CAT[1]}"; read -r answer <&"${CAT[0]}"; echo "$answer"
exec {CAT[1]}>&-
trap 'echo usr1' USR1; kill -USR1 $$; wait
( trap 'echo leaving' EXIT; exit 3 ); echo $?
false | true; echo "${PIPESTATUS[@]} $?"
sleep 100 & kill %1; wait %1; echo $?
cat <<< "here $((6 * 7))"; printf '%q\n' "a b"
ulimit -n 64; ulimit -n; umask 077; touch f; stat -c %a f
timeout 0.1 sleep 10; echo $?
""", cpus)


@test(limit=120, cpus=CPUS)
def coreutils(cpus):
    same(r"""
export BLOCK_SIZE=1
seq 1 20000 | shuf --random-source=/usr/bin/env | sort -n --parallel=2 | sha256sum
seq 1 1000 | tee >(wc -l >n) | tac | head -3; sleep 0.3; cat n
split -b 1000 <(seq 1 2000) part.; ls; cat part.* | md5sum
cp -a /usr/share/zoneinfo/Europe tz; ls -l --time-style=+%s tz | head; cp -al tz linked; stat -c '%h %s %n' linked/Rome
ln -s tz/Rome rome; readlink -f rome | sed "s|$PWD|.|"; mv tz zones; ls -F; rm -r linked
dd if=/dev/zero of=hole bs=1 count=1 seek=1M 2>/dev/null; stat -c '%s' hole; truncate -s 10K hole; du --apparent-size hole
dd if=/usr/bin/env bs=4k count=2 status=none | cksum
mkfifo p; (echo fifo >p &) ; cat p; mknod q p; stat -c '%F %a' p q
touch -d '2001-02-03 04:05:06.789' old; stat -c '%y %Y' old; date -r old +%s
install -m 640 -D old a/b/c; stat -c '%a' a/b/c; chmod -R u+X,go= a; stat -c %a a a/b
mktemp -d x.XXXXXX | wc -c; od -An -tx1 -N4 /dev/zero; nproc | wc -l; id; groups; tty; env | sort | grep -c .
paste -d: <(seq 3) <(seq 4 6) | join -t: - <(seq 1 3); comm -12 <(seq 1 5) <(seq 3 8); expr 3 + 4; factor 1234567890
chroot / echo in; nice -n 5 nice; stdbuf -oL echo line; nohup echo hup 2>/dev/null
cat /no/such 2>&1; rmdir a 2>&1; ls -d /usr/bin/[ab]* | wc -l; sync hole; df --output=target / | tail -1
""", cpus)


@test(long=True, limit=120, cpus=CPUS)
def findutils(cpus):
    same(r"""
mkdir -p a/b/c d; touch a/1 a/b/2 a/b/c/3 d/4; chmod 600 a/1; ln a/1 d/1; ln -s ../a d/s
find . -depth -exec touch -hd @1000000000 {} +; touch -d @1000000001 a/b/2 d
find . -type f -links 2 | sort; find . -perm 600 -printf '%p %m %n %s\n' | sort
find -L . -name '[0-9]' | sort; find . -newer a/1 -o -empty | sort | wc -l
find . -type f -print0 | xargs -0 -n 2 -P 4 sh -c 'echo $#' sh | sort
find /usr/share/doc -maxdepth 2 -name 'copyright' | wc -l; find /usr/lib -name 'libc.so*' | sort
find . -depth -delete; ls -a; seq 1 50000 | xargs | wc; find /proc/self/ -maxdepth 0 -type d
find /etc -xdev -type l | wc -l; locate nothing >/dev/null 2>&1; echo x | xargs -I{} false; echo $?
""", cpus)


@test(long=True, limit=120, cpus=CPUS)
def tar_and_xz(cpus):
    need("xz", "gzip", "bzip2", "cpio")
    same(r"""
mkdir t; cp /usr/share/common-licenses/* t; ln t/GPL-3 t/hard; ln -s GPL-3 t/soft; mkfifo t/fifo
truncate -s 1M t/sparse; echo end >>t/sparse
touch -hd @1000000000 t/* t
tar --sort=name --numeric-owner -cSf t.tar t; sha256sum t.tar
tar -xf t.tar -C "$(mkdir -p out; echo out)"; diff -r t out/t 2>&1 | sort; stat -c '%h %Y %F %s' out/t/hard out/t/soft out/t/sparse
xz -T2 -k t.tar; xz -dc t.tar.xz | cmp - t.tar; xz -l --robot t.tar.xz | head -2
for z in gzip bzip2; do $z -k t.tar; done; tar -tzf t.tar.gz | wc -l; tar -tjf t.tar.bz2 | wc -l
tar -C / -c usr/share/zoneinfo 2>/dev/null | tar -t | wc -l; (cd t; find . | sort | cpio -o 2>/dev/null) | cpio -t 2>/dev/null | wc -l
tar -cf - t | (cd "$(mkdir -p pipe; echo pipe)"; tar -xf -); ls pipe/t | wc -l
""", cpus)


@test(long=True, limit=120, cpus=CPUS)
def perl(cpus):
    same(r"""
perl -MFile::Temp=tempfile -MPOSIX -MSocket -MIO::Select -MTime::HiRes=usleep -e '
$| = 1;
my %h; $h{length $_}++ for split /\s+/, do { local $/; open my $f, "<", "/usr/share/common-licenses/GPL-3"; <$f> };
print join(",", map { "$_=$h{$_}" } sort { $a <=> $b } keys %h), "\n";
my ($f, $name) = tempfile(DIR => "."); print $f "x" x 100000; close $f; print -s $name, "\n"; unlink $name;
socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die; if (!fork) { close $a; print $b "child\n"; POSIX::_exit(7) }
close $b; print scalar <$a>; wait; print $? >> 8, "\n";
$SIG{ALRM} = sub { print "alarm\n" }; alarm 1; select undef, undef, undef, 3;
$SIG{CHLD} = "IGNORE"; print `echo backtick`; open my $p, "-|", "seq 3"; print <$p>; close $p;
for (1..20) { defined(my $pid = fork) or die; exit 0 unless $pid } 1 while wait > 0; print "done\n";
my @t = (localtime 0)[2, 5]; print "@t\n"; printf "%s\n", join " ", (POSIX::uname())[0, 4];
'
perl -ne 'print if /GNU/ .. /END/' /usr/share/common-licenses/GPL-2 | md5sum
""", cpus)


# ---- languages ----

@test(long=True, limit=150, cpus=CPUS)
def python3(cpus):
    same(r"""
cat >p.py <<'END'
import asyncio, ctypes, json, mmap, multiprocessing, os, queue, socket, sqlite3, subprocess, threading, zlib
import concurrent.futures as futures

def square(n):
    return n * n

async def ask(path):
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(b"hello\n")
    line = await reader.readline()
    writer.close()
    return line

async def serve():
    async def answer(reader, writer):
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()
    server = await asyncio.start_unix_server(answer, "s")
    print(await asyncio.gather(*(ask("s") for _ in range(20))))
    server.close()
    process = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
    print(await process.communicate(b"to cat"))

if __name__ == "__main__":
    with multiprocessing.Pool(4) as pool:
        print(sum(pool.map(square, range(1000))))
    with futures.ThreadPoolExecutor(8) as pool:
        print(sum(pool.map(square, range(1000))))
    with futures.ProcessPoolExecutor(2) as pool:
        print(list(pool.map(square, range(5))))
    asyncio.run(serve())
    q = queue.Queue()
    threads = [threading.Thread(target=lambda: [q.put(i) for i in range(1000)]) for _ in range(8)]
    [t.start() for t in threads]; [t.join() for t in threads]
    print(q.qsize())
    m = mmap.mmap(-1, 1 << 20); m[:5] = b"shm-x"; print(m[:5])
    if not os.fork():
        m[:5] = b"child"; os._exit(3)
    print(os.waitstatus_to_exitcode(os.wait()[1]), m[:5])
    print(subprocess.run(["sh", "-c", "echo $0; exit 4"], capture_output=True))
    a, b = socket.socketpair(); r, w = os.pipe()
    socket.send_fds(a, [b"x"], [w]); fd = socket.recv_fds(b, 1, 1)[1][0]; os.write(fd, b"passed"); print(os.read(r, 9))
    lock = multiprocessing.Lock(); value = multiprocessing.Value("i", 0)
    def add():
        for _ in range(500):
            with lock: value.value += 1
    ps = [multiprocessing.Process(target=add) for _ in range(4)]
    [p.start() for p in ps]; [p.join() for p in ps]; print(value.value)
    print(zlib.crc32(json.dumps(list(range(10000))).encode()), ctypes.CDLL(None).getppid() == os.getppid())
END
/usr/bin/python3 p.py
/usr/bin/python3 -m compileall -q /usr/lib/python3.11/json -f -d x >/dev/null; echo $?
/usr/bin/python3 -m venv --without-pip v && v/bin/python -c 'import sys; print(sys.prefix != sys.base_prefix)'
""", cpus, limit=70)


@test(long=True, limit=150, cpus=CPUS)
def node(cpus):
    need("node")
    same(r"""
cat >n.js <<'END'
const fs = require('fs'), cp = require('child_process'), net = require('net'), crypto = require('crypto');
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
if (!isMainThread) {
  let n = 0; for (let i = 0; i < 1e6; i++) n += i % workerData; parentPort.postMessage(n);
} else (async () => {
  console.log(await Promise.all([2, 3, 5, 7].map(d => new Promise((yes, no) => {
    const w = new Worker(__filename, { workerData: d }); w.on('message', yes); w.on('error', no); }))));
  fs.writeFileSync('f', 'text'); console.log((await fs.promises.readFile('f')).toString());
  await new Promise(yes => { const s = net.createServer(c => c.pipe(c)).listen('sock', () => {
    const c = net.connect('sock', () => c.end('echo')); let t = '';
    c.on('data', d => t += d).on('end', () => { console.log(t); s.close(yes); }); }); });
  console.log(cp.execSync('echo from sh').toString(), cp.spawnSync('sh', ['-c', 'exit 5']).status);
  console.log(crypto.createHash('sha256').update('x').digest('hex'));
  const w = fs.watch('.'); const seen = new Promise(yes => w.on('change', (e, n) => yes(n)));
  setTimeout(() => fs.writeFileSync('g', ''), 50); console.log(await seen); w.close();
  console.log(await new Promise(y => crypto.pbkdf2('a', 'b', 1000, 8, 'sha512', (e, k) => y(k.toString('hex')))));
  process.on('SIGTERM', () => { console.log('term'); process.exit(6); }); process.kill(process.pid, 'SIGTERM');
  setTimeout(() => 0, 20000);
})();
END
node n.js
""", cpus, limit=70, status=6)


@test(long=True, limit=240, cpus=CPUS)
def java(cpus):
    need("java", "javac")
    same(r"""
cat >J.java <<'END'
import java.nio.file.*; import java.util.concurrent.*; import java.util.concurrent.atomic.*; import java.util.stream.*;
public class J {
  public static void main(String[] a) throws Exception {
    System.out.println(IntStream.range(0, 1000000).parallel().filter(i -> i % 7 == 0).count());
    ExecutorService pool = Executors.newFixedThreadPool(16); AtomicLong sum = new AtomicLong();
    for (int i = 0; i < 1000; i++) { int n = i; pool.submit(() -> sum.addAndGet(n)); }
    pool.shutdown(); pool.awaitTermination(1, TimeUnit.MINUTES); System.out.println(sum.get());
    Path f = Files.writeString(Path.of("f"), "text"); System.out.println(Files.readString(f));
    Process p = new ProcessBuilder("sh", "-c", "echo child; exit 3").start();
    System.out.print(new String(p.getInputStream().readAllBytes())); System.out.println(p.waitFor());
    byte[][] keep = new byte[64][]; for (int i = 0; i < 4000; i++) keep[i % 64] = new byte[100000]; System.gc();
    try { Object o = null; o.hashCode(); } catch (NullPointerException e) { System.out.println("null"); }
    Thread t = new Thread(() -> { synchronized (J.class) { J.class.notifyAll(); } });
    synchronized (J.class) { t.start(); J.class.wait(); } t.join();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook"))); System.exit(9);
  }
}
END
javac J.java && java -Xmx200m J
""", cpus, "--mem", "2G", limit=110, status=9)


HELLO_C = r"""
#include <pthread.h>
#include <stdio.h>
static void *f(void *p) { return p; }
int main(void) { pthread_t t; void *r; pthread_create(&t, 0, f, (void *)42); pthread_join(t, &r);
printf("%ld\n", (long)r); return 7; }
"""

HELLO_CXX = r"""
#include <future>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
int main() {
	std::map<std::string, int> m{{"a", 1}};
	try { m.at("b"); } catch (const std::out_of_range &) { std::cout << "caught\n"; }
	std::cout << std::async(std::launch::async, [] { return 42; }).get() << std::endl;
	return 5;
}
"""


@test(long=True, limit=150, cpus=CPUS)
def gcc(cpus):
    top = folder()
    write(top + "/a.c", HELLO_C)
    same("gcc -O2 -Wall -pthread -o a a.c && ./a; echo $?; gcc -static -g -flto -o b a.c && ./b; echo $?; "
         "gcc -S -O2 -o - a.c | md5sum; nm a | wc -l; objdump -d a | md5sum; sha256sum a b; "
         "gcc -c nothing.c; echo $?; echo 'int x = 1 +;' | gcc -xc -; echo $?", cpus, top=top, limit=70)


@test(long=True, limit=150, cpus=CPUS)
def g_plus_plus(cpus):
    top = folder()
    write(top + "/a.cc", HELLO_CXX)
    same("g++ -O2 -pthread -o a a.cc && ./a; echo $?; g++ -fsanitize=undefined -g -c a.cc && "
         "size a.o; sha256sum a", cpus, top=top, limit=70)


@test(long=True, limit=150, cpus=CPUS)
def clang(cpus):
    need("clang")
    top = folder()
    write(top + "/a.c", HELLO_C)
    same("clang -O2 -pthread -o a a.c && ./a; echo $?; clang -fsanitize=address -g -o b a.c && ./b; "
         "echo $?; sha256sum a", cpus, top=top, limit=70)


@test(long=True, limit=240, cpus=CPUS)
def go(cpus):
    need("go")
    top = folder()
    write(top + "/main.go", r"""
package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"
)

func main() {
	runtime.GOMAXPROCS(16)
	var group sync.WaitGroup
	var lock sync.Mutex
	total := 0
	for i := 0; i < 2000; i++ {
		group.Add(1)
		go func(n int) {
			defer group.Done()
			if n%100 == 0 {
				runtime.LockOSThread()
				time.Sleep(time.Millisecond)
			}
			part := 0
			for j := 0; j < 5000; j++ {
				part += j % (n + 1)
			}
			lock.Lock()
			total += part
			lock.Unlock()
		}(i)
	}
	group.Wait()
	fmt.Println(total)
	out, err := exec.Command("echo", "child").Output()
	fmt.Println(string(out), err)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	fmt.Println(<-signals)
	garbage := make([][]byte, 100)
	for i := 0; i < 20000; i++ {
		garbage[i%100] = make([]byte, 10000)
	}
	runtime.GC()
	select {
	case <-time.After(20 * time.Millisecond):
		fmt.Println("timer")
	}
	defer func() {
		fmt.Println(recover())
		os.Exit(4)
	}()
	var p *int
	*p = 1
}
""")
    same("export GOCACHE=$PWD/cache GOFLAGS=-mod=mod GO111MODULE=off GOTOOLCHAIN=local; "
         "go build -o prog main.go && ./prog; echo $?", cpus, "--mem", "2G", top=top, limit=110)


@test(long=True, limit=240, cpus=CPUS)
def rust(cpus):
    need("rustc")
    top = folder()
    write(top + "/main.rs", r"""
use std::sync::{mpsc, Arc, Barrier, Condvar, Mutex};
use std::thread;

fn main() {
    let (sender, receiver) = mpsc::channel();
    let barrier = Arc::new(Barrier::new(64));
    let handles: Vec<_> = (0..64u64).map(|i| {
        let (sender, barrier) = (sender.clone(), barrier.clone());
        thread::spawn(move || { barrier.wait(); sender.send((0..10000u64).map(|n| n % (i + 1)).sum::<u64>()).unwrap(); i })
    }).collect();
    drop(sender);
    println!("{} {}", receiver.iter().sum::<u64>(), handles.into_iter().map(|h| h.join().unwrap()).sum::<u64>());
    let pair = Arc::new((Mutex::new(0), Condvar::new()));
    for _ in 0..8 { let p = pair.clone(); thread::spawn(move || { *p.0.lock().unwrap() += 1; p.1.notify_one(); }); }
    let mut n = pair.0.lock().unwrap();
    while *n < 8 { n = pair.1.wait(n).unwrap(); }
    println!("{}", *n);
    println!("{:?}", thread::spawn(|| { panic!("on purpose") }).join().is_err());
    println!("{:?}", std::process::Command::new("sh").args(["-c", "exit 3"]).status().unwrap().code());
}
""")
    # The program that PATH of a user names may be a manager's proxy: ask for the real one.
    sysroot = os.popen("rustc --print sysroot").read().strip()
    check(sysroot, "rustc names no sysroot")
    same("%s/bin/rustc -O -o prog main.rs && ./prog 2>/dev/null; echo $?" % sysroot, cpus,
         "--mem", "2G", top=top, limit=110)
