# SPDX-License-Identifier: MIT
"""Tables of figures in pages of docs/, each between two marks."""


def renew(page, mark, text):
    """Replaces what stands between `<!-- MARK -->` and `<!-- end of MARK -->`."""
    begin, end = "<!-- %s -->" % mark, "<!-- end of %s -->" % mark
    with open(page, encoding="utf-8") as f:
        head, rest = f.read().split(begin, 1)
    with open(page, "w", encoding="utf-8") as f:
        f.write(head + begin + "\n" + text + end + rest.split(end, 1)[1])
