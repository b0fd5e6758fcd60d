"""The command line: a skin. One module a command: ``add_arguments(parser)`` and ``run(args) -> int``.

Nobody imports this package. A module here imports at its top only what ``dsqc --help`` may load; everything heavy is
imported inside ``run``.
"""
