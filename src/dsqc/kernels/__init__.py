"""Kernels: numba functions over flat arrays; arrays in, arrays out, results added to what the caller allocated.

Imports numpy and the one decorator of ``_jit``; readers and collectors import kernels when they start to work.
Example: ``split_records(data, 0, end, final, columns, events, counts, state)`` cuts FASTQ text into reads.
"""
