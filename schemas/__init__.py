"""Data of dsqc: forms, vocabularies, the rule registry, quality goals, shapes of what dsqc writes. No code."""
