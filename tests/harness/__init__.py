# SPDX-License-Identifier: MIT
"""What tools/run-tests is made of."""
