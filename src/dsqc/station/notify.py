"""Who is told when a batch has ended: section ``[notify]`` of ``station.toml``."""

from typing import Literal, Self

from pydantic import Field, model_validator

from dsqc.station.section import Section


class Notify(Section):
    """Mail and webhook at the end of a batch. Without ``mail_to`` and webhook nobody is told.

    Attributes:
        mail_to: addresses.
        language: ``ko``, ``en`` or ``both`` (Korean first), of mails and of the webhook's text.
        smtp, smtp_security, smtp_user, smtp_password_env, sender: the mail server, as in ``[notices]``; without
            ``smtp`` that of ``[notices]``.
        smtp_password_file: file that holds the password in its first line, relative to ``station.toml``.
        webhook: ``https://`` or ``http://`` address that JSON is posted to.
        webhook_env: name of the environment variable that holds the address, where the address itself is a secret.
        webhook_secret_env, webhook_secret_file: what holds the secret that posts are signed with (HMAC-SHA256).
        tries: how often each is tried.
    """

    mail_to: tuple[str, ...] = ()
    language: Literal["ko", "en", "both"] = "both"
    smtp: str = ""
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password_env: str = ""
    smtp_password_file: str = ""
    sender: str = ""
    webhook: str = ""
    webhook_env: str = ""
    webhook_secret_env: str = ""
    webhook_secret_file: str = ""
    tries: int = Field(default=3, ge=1, le=10)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        host, _, port = self.smtp.partition(":")
        if self.smtp and (not host or (port and not port.isdecimal())):
            raise ValueError("smtp is HOST or HOST:PORT")
        if self.smtp and not self.sender:
            raise ValueError("smtp needs sender, the address that mails are sent from")
        if self.smtp_user and not (self.smtp_password_env or self.smtp_password_file):
            raise ValueError("smtp_user needs smtp_password_env or smtp_password_file")
        if self.webhook and not self.webhook.startswith(("https://", "http://")):
            raise ValueError("webhook must begin with https:// or http://")
        if self.webhook and self.webhook_env:
            raise ValueError("webhook and webhook_env exclude each other")
        if any("@" not in address or any(char in address for char in "\r\n,;") for address in self.mail_to):
            raise ValueError("mail_to holds addresses")
        return self

    @property
    def tells_anybody(self) -> bool:
        """Whether a mail or a post is wanted."""
        return bool(self.mail_to or self.webhook or self.webhook_env)
