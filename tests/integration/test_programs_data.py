# SPDX-License-Identifier: MIT
"""Version control, data bases and packages under `vmlinux run`."""
import os
import subprocess

from driver import Skip, check, contains, equal, run, scratch, test
from programs import command, folder, need, same

CPUS = (1, 2)
GIT = "export GIT_AUTHOR_DATE='@1000000000 +0000' GIT_COMMITTER_DATE='@1000000000 +0000'; " \
      "git config --global user.name N; git config --global user.email e@example.org; " \
      "git config --global init.defaultBranch main; git config --global gc.auto 0; " \
      "git config --global pack.threads 1; "


@test(long=True, limit=150, cpus=CPUS)
def git(cpus):
    same(GIT + r"""
git init -q a; cd a; for i in $(seq 60); do echo $i >f$i; git add f$i; git commit -qm $i; done
git checkout -q -b side HEAD~30; echo side >s; git add s; git commit -qm side; git checkout -q main; git merge -q side -m merge
git log --oneline --graph | head -5; git gc -q; git fsck --full --strict; git count-objects -v
cd ..; git clone -q a b; git clone -q --bare a c.git; git -C b fsck; git clone -q "file://$PWD/a" d; git -C d rev-parse HEAD
cd b; git mv f1 g; git rm -q f2; echo x >>f3; git stash -q; git stash pop -q; git add .; git status --short; git commit -qm more; git push -q ../c.git HEAD:new
git rebase -q -i --exec true HEAD~1 2>&1 | tail -1; git bisect start -q HEAD HEAD~5 2>&1 | tail -1; git worktree add -q ../w side; ls ../w | wc -l
git archive HEAD | tar -t | wc -l; git grep -c side; git repack -adq; git fsck; git log -p | md5sum; git blame g | wc -l
""", cpus, limit=70)


@test(limit=150, cpus=CPUS)
def git_clones_objects_that_are_hard_links(cpus):
    """A repository of the host is cloned inside; its objects have several names already."""
    top = folder()
    run(["bash", "-c", GIT + "git init -q a; cd a; for i in 1 2 3 4 5; do echo $i >f$i; git add .; "
         "git commit -qm $i; done; cd ..; git clone -q a other"], cwd=top,
        env=dict(os.environ, HOME=top)).expect(0)
    same("git clone -q a b && git -C b fsck && git -C b rev-parse HEAD && "
         "stat -c %h b/.git/objects/??/* | sort | uniq -c", cpus, top=top)


@test(long=True, limit=150, cpus=CPUS)
def sqlite3(cpus):
    need("sqlite3")
    same(r"""
sqlite3 d.db 'pragma journal_mode=wal; create table t(w, n); create index i on t(n);'
writer() { for i in $(seq 1 60); do sqlite3 -cmd '.timeout 60000' d.db "insert into t values('$1', $i);" || echo failed; done; }
writer a & writer b & wait
sqlite3 d.db 'select w, count(*), sum(n) from t group by w; pragma integrity_check; pragma wal_checkpoint(truncate);'
ls d.db*; sqlite3 m.db 'pragma journal_mode=delete; pragma mmap_size=10000000; create table x as with recursive c(n) as (select 1 union all select n+1 from c where n<200000) select n from c; select sum(n) from x; vacuum; select count(*) from x;'
sqlite3 l.db 'create table t(x);'; (echo 'begin exclusive; insert into t values(1);'; sleep 0.5; echo 'commit;') | sqlite3 l.db & sleep 0.2
sqlite3 l.db 'insert into t values(2);' 2>&1; wait; sqlite3 -cmd '.timeout 5000' l.db 'insert into t values(3); select * from t;'
""", cpus, limit=70)


@test(long=True, limit=150, cpus=CPUS)
def redis(cpus):
    need("redis-server", "redis-benchmark")
    same(r"""
redis-server --port 0 --unixsocket "$PWD/sock" --dir "$PWD" --save '' --appendonly yes --daemonize no >log 2>&1 & server=$!
for i in $(seq 100); do [ -S sock ] && break; sleep 0.1; done
r() { redis-cli -s sock "$@"; }
redis-benchmark -s sock -q -n 4000 -c 20 -t set,get,incr,lpush,rpush,lpop,sadd,hset,spop,zadd,mset --csv | cut -d, -f1
r set k v; r get k; r incr n; r eval 'return redis.call("get", "k")' 0; r bgrewriteaof; r save; r dbsize >/dev/null
r debug sleep 0; r blpop list 20 >pop & popper=$!; r rpush list x; wait $popper; cat pop; r subscribe c >sub & subscriber=$!; until [ "$(r publish c m)" = 1 ]; do sleep 0.1; done; until [ "$(wc -l <sub)" -ge 3 ]; do sleep 0.1; done; kill $subscriber; head -3 sub
r shutdown; wait $server; echo $?; ls *.rdb; grep -ci 'error\|warn.*crash' log
""", cpus, limit=70, status=1)


@test(long=True, limit=400, cpus=CPUS)
def postgresql(cpus):
    """It does not run as root: as "nobody" inside and outside."""
    versions = "/usr/lib/postgresql"
    if not os.path.isdir(versions) or os.geteuid():
        raise Skip("no PostgreSQL, or not root")
    binaries = os.path.join(versions, sorted(os.listdir(versions))[-1], "bin")
    top = folder()
    os.chmod(top, 0o777)
    script = r"""
PATH=%s:$PATH; mkdir p; cd p
initdb -D data -U me -A trust --locale=C -E UTF8 | tail -3 | head -1
pg_ctl -D data -o "-k $PWD -c listen_addresses=''" -l log -w start | tail -1
export PGHOST=$PWD PGUSER=me PGDATABASE=postgres
pgbench -i -q -s 2 2>/dev/null | tail -1; pgbench -c 4 -j 2 -t 100 -n 2>/dev/null | grep -E 'processed|failed'
psql -At -c 'select count(*), sum(abalance) = (select sum(bbalance) from pgbench_branches) from pgbench_accounts; vacuum full' -c 'select sum(n) from generate_series(1, 100000) n' -c "select pg_size_pretty(1024::bigint)"
psql -At -c 'set max_parallel_workers_per_gather = 4; set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0; select count(*) from pgbench_accounts where aid %% 7 = 0'
pg_dump | grep -c COPY; pg_ctl -D data stop -m fast | tail -1; pg_ctl -D data -o "-k $PWD -c listen_addresses=''" -l log -w start | tail -1
psql -At -c 'select count(*) from pgbench_history'; pg_ctl -D data stop -m immediate | tail -1; grep -c PANIC log
""" % binaries
    argv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "bash", "-c", script]
    environment = {"PATH": "/usr/bin:/bin", "HOME": top, "LC_ALL": "C", "TZ": "UTC"}
    inside = run(command(*argv, cpus=cpus, options=("--mem", "2G")), cwd=top, env=environment, limit=240)
    host = run(argv, cwd=top, env=environment, limit=120)
    equal(host.status, 1, host.err.decode())
    equal((inside.status, inside.out), (host.status, host.out), inside.err.decode()[-1500:])


@test(long=True, limit=120, cpus=CPUS)
def dpkg_installs(cpus):
    """A package with scripts, a configuration file and a folder, made and installed inside; the
    host only looks at what is in it."""
    need("dpkg-deb")
    top = folder()
    os.makedirs(top + "/pkg/DEBIAN")
    os.makedirs(top + "/pkg/usr/share/vmlinux-test")
    os.makedirs(top + "/pkg/etc")
    for name, text in (("DEBIAN/control", "Package: vmlinux-test\nVersion: 1.0\nArchitecture: all\n"
                        "Maintainer: Nobody <nobody@example.org>\nDescription: test\n"),
                       ("DEBIAN/conffiles", "/etc/vmlinux-test.conf\n"),
                       ("DEBIAN/postinst", "#!/bin/sh\necho postinst \"$1\"\n"),
                       ("DEBIAN/prerm", "#!/bin/sh\necho prerm \"$1\"\n"),
                       ("etc/vmlinux-test.conf", "x = 1\n"),
                       ("usr/share/vmlinux-test/data", "data\n")):
        with open(os.path.join(top, "pkg", name), "w") as file:
            file.write(text)
    for name in ("postinst", "prerm"):
        os.chmod(top + "/pkg/DEBIAN/" + name, 0o755)
    run(["dpkg-deb", "--root-owner-group", "-b", "pkg", "p.deb"], cwd=top).expect(0)
    script = r"""
dpkg -i p.deb; echo "status $?"; dpkg -s vmlinux-test | grep Status; dpkg -L vmlinux-test; dpkg -V vmlinux-test; cat /etc/vmlinux-test.conf
echo changed >>/etc/vmlinux-test.conf; dpkg -r vmlinux-test; ls /etc/vmlinux-test.conf; dpkg -P vmlinux-test; ls /etc/vmlinux-test.conf
dpkg --audit; apt-get check 2>&1 | tail -1
"""
    end = run(command("bash", "-c", script, cpus=cpus, options=("--user", "root")), cwd=top, limit=100)
    contains(end.out, r"Setting up vmlinux-test \(1\.0\) \.\.\.\npostinst configure\nstatus 0\n"
             r"Status: install ok installed\n.*/usr/share/vmlinux-test/data\n"
             r"x = 1\n.*prerm remove\n/etc/vmlinux-test.conf\n.*Purging")
    contains(end.err, r"cannot access '/etc/vmlinux-test.conf'")
    check(not os.path.exists("/etc/vmlinux-test.conf"))
    check(not os.path.exists("/var/lib/dpkg/info/vmlinux-test.list"))
