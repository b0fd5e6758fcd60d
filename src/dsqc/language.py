"""Korean and English: a text that exists in both, and the choice between them."""

import os
from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    """Languages of messages and labels."""

    EN = "en"
    KO = "ko"

    @classmethod
    def from_environment(cls) -> "Language":
        """``DSQC_LANG``, else the locale; English unless one of them says Korean."""
        for name in ("DSQC_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
            value = os.environ.get(name, "")
            if value:
                return cls.KO if value.lower().startswith("ko") else cls.EN
        return cls.EN


@dataclass(frozen=True, slots=True)
class Text:
    """One text in both languages."""

    en: str
    ko: str

    def get(self, language: Language) -> str:
        """The text in ``language``."""
        return self.ko if language is Language.KO else self.en
