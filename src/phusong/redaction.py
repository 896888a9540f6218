"""What is shown when something fails, without the secrets that the environment holds."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import quote, quote_plus, unquote, urlsplit

from .store.address import ENVIRONMENT, redacted

__all__ = ["without_secrets"]

_SECRET_VARIABLES = ("PHUSONG_OPENCELLID_KEY", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_SHORTEST = 4  # a shorter "secret" would blank out half of any text


def without_secrets(text: str, environment: Mapping[str, str] | None = None) -> str:
    """Return a text (a message, a traceback) without keys and passwords.

    What the environment holds is taken out in every form that an address can have it in; besides, whatever
    looks like a password in an address. The last net below messages that take care themselves: libraries
    repeat addresses in errors of their own.

    Parameters
    ----------
    text : str
    environment : mapping of str to str, optional
        Default: that of the process.
    """
    variables = os.environ if environment is None else environment
    secrets = {variables.get(name, "").strip() for name in _SECRET_VARIABLES}
    secrets.add(_password_of(variables.get(ENVIRONMENT, "")))
    forms = {form for s in secrets if len(s) >= _SHORTEST for form in (s, quote(s, safe=""), quote_plus(s))}
    for form in sorted(forms, key=lambda form: (-len(form), form)):
        text = text.replace(form, "***")
    return redacted(text)


def _password_of(address: str) -> str:
    try:
        return unquote(urlsplit(address).password or "")
    except ValueError:
        return ""
