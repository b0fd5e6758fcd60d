"""The note on a heading: everything that whoever fills the column should know, in the languages of the template."""

from collections.abc import Iterator

from dsqc.forms.attribute import Attribute, Missing, Requirement, Visibility
from dsqc.forms.condition_words import condition_in_words
from dsqc.forms.template.layout import Column, Template
from dsqc.forms.vocabulary import missing_terms, pattern_words, vocabulary
from dsqc.language import Language, Text

MOST_TERMS, FIRST_TERMS = 14, 5
"""A note lists up to so many terms of a vocabulary; of a longer one the first, for the drop-down has them all."""
BETWEEN_LANGUAGES = "――――"

_MEANINGS = {
    Requirement.MANDATORY: Text("Mandatory in every row.", "필수: 모든 행에 적습니다."),
    Requirement.RECOMMENDED: Text("Recommended.", "권장: 알면 적습니다."),
    Requirement.OPTIONAL: Text("Optional.", "선택: 비워 두어도 됩니다."),
}
_VISIBILITIES = {
    Visibility.CONTROLLED: Text("Shown with controlled access only.", "제한 공개 항목입니다."),
    Visibility.CLOSED: Text("Never published.", "공개하지 않습니다."),
}
_TYPES = {
    "integer": Text("a whole number", "정수"),
    "number": Text("a number", "숫자"),
    "quantity": Text("number, a space, unit", "숫자, 공백 하나, 단위"),
}


def note(template: Template, column: Column) -> str:
    """The whole note, one language below the other."""
    return f"\n{BETWEEN_LANGUAGES}\n".join(
        "\n".join(_lines(template, column, language)) for language in template.languages
    )


def _lines(template: Template, column: Column, language: Language) -> Iterator[str]:
    attribute = column.attribute
    yield f"{attribute.label.get(language)} ({attribute.name})"
    yield attribute.description.get(language)
    if column.modules:
        labels = ", ".join(module.label.get(language) for module in column.modules)
        yield f"{Text('Library module', '라이브러리 모듈').get(language)}: {labels}"
    yield requirement_in_words(template, column, language)
    yield from _allowed(attribute, language)
    if attribute.example:
        yield f"{Text('Example', '예').get(language)}: {attribute.example}"
    if attribute.missing_allowed:
        terms = missing_terms(reporting_only=attribute.missing is Missing.REPORTING)
        words = Text("If there is no value, one of", "값이 없으면 다음 가운데 하나").get(language)
        yield f"{words}: {', '.join(terms[:4])}{' …' if len(terms) > 4 else ''}"
    if attribute.visibility in _VISIBILITIES:
        yield _VISIBILITIES[attribute.visibility].get(language)
    codes = tuple(template.codes_of(column.sheet, attribute, of_module=bool(column.modules)))
    if codes:
        yield f"{Text('Rules', '규칙').get(language)}: {', '.join(codes)} (dsqc explain {codes[0]})"


def requirement_in_words(template: Template, column: Column, language: Language) -> str:
    """What the form asks of the column, with the condition and the members of the group."""
    attribute = column.attribute
    text = _meaning(template, column, language)
    if attribute.condition is not None:
        words = condition_in_words(attribute.condition, language)
        text = f"{text} {Text('Where', '조건').get(language)}: {words}."
    return text


def _meaning(template: Template, column: Column, language: Language) -> str:
    attribute = column.attribute
    if attribute.requirement is Requirement.ONE_OF_GROUP:
        members = template.form.sheets[column.sheet].groups().get(attribute.group, (attribute.name,))
        return Text(f"At least one of: {', '.join(members)}.", f"택일 필수: {', '.join(members)} 중 하나 이상.").get(
            language
        )
    if attribute.requirement is Requirement.CONDITIONAL:
        return Text("Mandatory under a condition.", "조건부 필수: 조건에 맞는 행에 적습니다.").get(language)
    return _MEANINGS[attribute.requirement].get(language)


def _allowed(attribute: Attribute, language: Language) -> Iterator[str]:
    """Vocabulary, form, unit and range, each on a line."""
    if attribute.vocabulary is not None:
        terms = vocabulary(attribute.vocabulary).terms
        shown = ", ".join(terms if len(terms) <= MOST_TERMS else terms[:FIRST_TERMS])
        if len(terms) > MOST_TERMS:
            shown += Text(f" … ({len(terms)}, in the drop-down)", f" … (펼침 목록에 {len(terms)}개)").get(language)
        head = Text("Begins with one of", "앞부분 목록") if attribute.type == "geo_loc" else Text("One of", "목록")
        yield f"{head.get(language)}: {shown}"
    form = _form_in_words(attribute, language)
    if form:
        yield f"{Text('Form', '형식').get(language)}: {form}"
    if attribute.units:
        yield f"{Text('Unit', '단위').get(language)}: {', '.join(attribute.units)}"
    if attribute.range_text:
        yield f"{Text('Range', '범위').get(language)}: {attribute.range_text}"
    if attribute.literals:
        yield f"{Text('Or', '또는').get(language)}: {', '.join(attribute.literals)}"
    if attribute.multivalued and attribute.separator:
        several = Text("Several values", "여러 값").get(language)
        yield f'{several}: "{attribute.separator}"'
    if attribute.refers_to:
        yield f"{Text('Refers to', '가리키는 곳').get(language)}: {attribute.refers_to}"


def _form_in_words(attribute: Attribute, language: Language) -> str:
    if attribute.pattern is not None and attribute.pattern.is_named:
        return pattern_words(attribute.pattern.name).get(language)
    if attribute.pattern is not None:
        return Text("like the example", "예와 같은 꼴").get(language)
    return _TYPES[attribute.type].get(language) if attribute.type in _TYPES else ""
