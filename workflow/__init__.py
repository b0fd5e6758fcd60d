"""The Snakemake workflow; `dsqc batch run` finds it here. Data only, no code."""
