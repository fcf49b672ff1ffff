"""Other engines that do the same job, each in a process and an environment of its own.

A peer's process waits for its turn, so that it is measured in the same rounds as tier2; what the turns cost, a line
through a pipe, is not in its time.
"""
