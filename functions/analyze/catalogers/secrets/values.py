"""What may be said of a value that must not be kept: how it begins where all of its kind do, and a digest.

A digest lets findings of one secret be seen as one, and lets it be allowed. It is there for strong values
only, and cut: nobody finds a token of a hundred random bits by trying, but a password is found in seconds.
"""

import hashlib
import re
from math import log2

from analyze.catalogers.secrets.rule import Rule

_LETTER = re.compile(rb"[A-Za-z]")
_DIGIT = re.compile(rb"[0-9]")
# What documentation writes where a value belongs.
_PLACEHOLDER = re.compile(
    rb"(?i)example|placeholder|changeme|change_me|dummy|redacted|your(?:[_-]|key|token|secret|api)|x{6}|\*{4}|1234567890?ab|abcdefgh|"
    rb"01234567|12345678|0{8}|deadbeef|\$\{|\{\{|<[a-z]"
)
_STARS = 16


def is_real(rule: Rule, value: bytes) -> bool:
    """Tell whether a value can be a secret: not a placeholder, and random enough for its kind."""
    rest = value[rule.shown :]
    if rule.mixed and not (_LETTER.search(rest) and _DIGIT.search(rest)):
        return False
    if rule.entropy == 0:
        return True
    return not _PLACEHOLDER.search(rest) and entropy(rest) >= rule.entropy


def entropy(value: bytes) -> float:
    """Return the Shannon entropy of a value in bits a byte."""
    size = len(value)
    counts = [value.count(byte) for byte in set(value)]
    return -sum(count / size * log2(count / size) for count in counts)


def snippet(rule: Rule, value: bytes) -> str:
    """Return what stands for a value: its public beginning, and stars that do not tell its length."""
    shown = value[: rule.shown].decode("ascii", "replace")
    return shown if len(value) <= rule.shown else shown + "*" * _STARS


def digest(rule: Rule, value: bytes) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of a strong value, "" for others."""
    return hashlib.sha256(value).hexdigest()[:16] if rule.strong else ""
