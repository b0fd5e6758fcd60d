"""Versions of what is registered: corrections, replaced files, withdrawal, discarding, duplicates, agreements.

A registered object keeps its accession for ever; what is said about it may be corrected. Each correction is a new
version of the objects that it changes, the version before stays readable, and an event names the differences.
"""
