# SPDX-License-Identifier: MIT
"""Debian's keyctl and request-key (keyutils): the same inside as on the host."""
from driver import test
from programs import need, same

CPUS = (1, 2)

# keyctl runs it in a session of its own; numbers of keys are left out of what is printed.
SCRIPT = r"""
cat >script <<'END'
nr() { sed -E 's/^ +//; s/\b[0-9]{5,}\b/NR/g; s/\b[0-9a-f]{8}\b/NR/g'; }
key=$(keyctl add user name secret @s)
keyctl print $key; keyctl pipe $key; echo
keyctl describe $key | nr; keyctl rdescribe $key
keyctl update $key other; keyctl print $key
ring=$(keyctl newring ring @s); keyctl link $key $ring
keyctl list $ring | nr; keyctl show @s | grep -c user:
[ "$(keyctl search @s user name)" = $key ] && echo found
[ "$(keyctl request user name)" = $key ] && echo requested
keyctl setperm $key 0x3f010000; keyctl timeout $key 1000
keyctl unlink $key @s; keyctl list @s | nr
keyctl link $ring $ring; echo "cycle $?"
keyctl move $key $ring @s; keyctl rlist $ring; echo "empty $?"
keyctl revoke $key; keyctl print $key; echo "revoked $?"
keyctl reap; keyctl clear @s; keyctl list @s
keyctl padd logon svc:x @s </dev/null; echo "no payload $?"
echo -n data | keyctl padd user piped @s >/dev/null; keyctl print %user:piped
keyctl restrict_keyring $ring 2>/dev/null; keyctl get_persistent @s >/dev/null; keyctl list @s | nr | grep -c persistent
keyctl supports | sed -n '/have_\(capabilities\|persistent\|invalidate\|restrict\|move\)/p'
keyctl session - sh -c 'keyctl list @s'
keyctl new_session >/dev/null; keyctl list @s
keyctl chown 1 0; echo "status $?"
END
keyctl session - bash script 2>&1 | sed '/^Joined session/s/:.*//'
"""


@test(cpus=CPUS)
def keyctl_says_the_same(cpus):
    need("keyctl")
    same(SCRIPT, cpus)


# /etc/request-key.conf of Debian has rules for debug:*.
REQUEST = r"""
cat >script <<'END'
key=$(keyctl request2 user debug:one hello @s); keyctl print $key
keyctl request2 user debug:two negate @s; echo "negated $?"
keyctl request2 user debug:three rejected @s; echo "rejected $?"
keyctl request2 user debug:one again @s >/dev/null; keyctl print %user:debug:one
keyctl request2 user norule:x text @s; echo "no rule $?"
END
keyctl session - bash script 2>&1 | sed '/^Joined session/s/:.*//'
"""


@test(cpus=CPUS)
def request_key_makes_keys(cpus):
    need("keyctl", "request-key")
    same(REQUEST, cpus)
