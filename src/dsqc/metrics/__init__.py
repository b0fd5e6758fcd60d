"""Collectors: they own arrays, call kernels and merge; and the catalogue of documented metric ids.

Imported by stages, judge and report; imports formats (the batch), kernels and what lies below.
Example: ``metrics = ReadMetrics(); metrics.add(batch); metrics.values(); metrics.tables()``.
"""
