"""Weighs evidence: is handed a snapshot of the list and says what is known about an item, and why.

Read `check.py` first. Nothing here opens a file of the list or knows gRPC.
"""
