"""The station's web pages and its GA4GH DRS endpoint: FastAPI and server-side templates, no build step, no script.

Stands beside ``dsqc.batch``: above the stages, which do the work, below the commands. What may be reached, and by
whom, stands in one table (``dsqc.web.routes``); a handler gets a :class:`~dsqc.web.visit.Visit` and gives an answer.
"""
