"""Data of dsqc: forms, vocabularies, the rule registry, quality goals, shapes of what dsqc writes. Data only, no code."""
