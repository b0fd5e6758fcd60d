"""The form page: one HTML file that validates a form in the browser, from disk, without a network.

It holds the rule engine itself: dsqc's own modules and forms, run by CPython compiled to WebAssembly (Pyodide), so its
findings are those of ``dsqc validate``. Imported by the command line alone; ``inside`` is what runs in the page, and
nothing is imported here for its sake. Example::

    page = build_page(Path("dsqc-form.html"), find_parts(folder))
"""
