"""Kernels: numba functions over flat arrays; arrays in, arrays out, results added to what the caller allocated.

Imports numpy and the decorators of ``_jit``; numba itself only where a kernel is compiled, once a machine.
Example: ``split_records(data, end, final, table, columns, counts, places, state)`` cuts FASTQ text into reads.
"""
