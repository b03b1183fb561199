"""SQLite's databases and their write-ahead logs, page by page, without SQL.

A log is another file, which another layer may have: what of both is live is settled when both are known.
"""

from analyze.catalogers.sqlite.joined import LOG, Installed, stored
from analyze.catalogers.sqlite.log import Log
from analyze.catalogers.sqlite.tables import MAGIC, Database, Tree

__all__ = ["LOG", "MAGIC", "Database", "Installed", "Log", "Tree", "stored"]
