"""The steps of the transitions. Each is idempotent, and a death right after it leaves the system correct.

`docs/archive-protocol.md` proves their order; `archive.transitions` strings them together.
"""
