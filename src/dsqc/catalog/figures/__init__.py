"""Figures over the whole catalog: statistics, yearly reports, attainment of quality goals, references, control charts.

Everything is counted by the database. What leaves the station goes through ``disclosure``.
"""
