"""The sample batch that `dsqc demo` runs. Data only, no code."""
