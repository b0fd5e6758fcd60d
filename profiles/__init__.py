"""Snakemake profiles; `dsqc batch run --profile NAME` finds them here. Data only, no code."""
