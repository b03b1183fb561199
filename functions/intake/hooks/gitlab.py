"""Notifications of GitLab's own container registry.

Source: GitLab's administration manual, "Configure container registry notifications" (`registry['notifications']`).
The registry is a fork of CNCF distribution and sends the same envelope with the static headers that it was
given; GitLab.com offers no notifications. One `docker push` makes a dozen events, most of them of blobs.
"""

from intake.hooks.distribution import parse, verify

__all__ = ["parse", "verify"]
