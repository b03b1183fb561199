"""Handle waiting messages and scheduled jobs.

Messages of the local queues survive a kill; this command takes them up again. With --scheduled the jobs
that EventBridge Scheduler starts in AWS run first: what was left half done, the archive rules, and the
comparison of the configured registries with what is known of them. With --redrive messages that were
given up are tried again, as often as new ones.
"""

import argparse

from cargohold_cli.output import say


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--scheduled", action="store_true", help="run the scheduled jobs first")
    parser.add_argument("--redrive", action="store_true", help="try again what was given up")


def run(options: argparse.Namespace) -> int:
    """Handle messages until none is waiting."""
    from cargohold_cli import loop
    from cargohold_cli.worker import drain

    queues = loop.messenger()
    if options.redrive:
        redriven = queues.redrive()
        say(f"{redriven} message{'' if redriven == 1 else 's'} to be tried again")
    if options.scheduled:
        loop.scheduled("archive-continue")
        loop.scheduled("archive-rules")
        loop.reconcile()
    handled = drain(queues)
    say(f"{handled} message{'' if handled == 1 else 's'} handled")
    return 0
