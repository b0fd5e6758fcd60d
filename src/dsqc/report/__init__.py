"""What people and other programs read: run page, batch page, FastQC-shaped text, MultiQC custom content.

Everything but the documentation, which shows the forms and rules themselves, is a pure function of the artefacts of
the earlier stages: dictionaries in, text out; nothing reads or writes files. ``dsqc.stages`` imports it::

    from dsqc.report import run_page
    html = run_page.render(artefact.read_json(path))
"""
