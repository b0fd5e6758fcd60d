"""Templates: a form as a workbook or as TSV files that a submitter fills in, empty or as a filled example.

What a template says comes from the form alone: headings, notes, drop-downs and the example row are made of its
attributes::

    template = Template(compose("FIELD", "PACKAGE"), (Language.KO, Language.EN))
    write_workbook(Path("submission.xlsx"), template)
"""

from dsqc.forms.template.layout import Column, Template
from dsqc.forms.template.text import write_text_sheets
from dsqc.forms.template.workbook import write_workbook

__all__ = ["Column", "Template", "write_text_sheets", "write_workbook"]
