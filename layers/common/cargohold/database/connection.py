"""Connections: one per environment, reused, bounded in time.

Only this room and the Postgres object driver import psycopg2.
"""
