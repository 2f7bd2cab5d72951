"""Secrets do not enter a record: they are masked when a text is taken in, not when it is shown."""

import re
from typing import Any

MASK = "[masked]"
PATTERNS = (
    re.compile(
        r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
    ),
    re.compile(r"(?i)(\bbearer\s+)[A-Za-z0-9._~+/=-]{8,}()"),
    re.compile(r"(\b)eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*()"),  # a JSON web token
    re.compile(
        r"(?i)((?:client-key-data|secretbox|aws_secret_access_key)\"?\s*[:=]\s*\"?)[^\s\"]+()"
    ),
    re.compile(r"(?i)(\"?\b(?:token|password|secret)\"?\s*[:=]\s*\"?)[A-Za-z0-9._~+/=-]{16,}()"),
    re.compile(r"(--(?:token|password)[= ])\S+()"),
)
"""Each keeps its two groups and loses what is between them."""


def masked(text: str) -> str:
    """The text without private keys, bearer tokens and key data of kubeconfigs."""
    for pattern in PATTERNS:
        text = pattern.sub(rf"\1{MASK}\2", text)
    return text


def masked_json(data: Any) -> Any:
    """The same value with every text in it masked."""
    if isinstance(data, str):
        return masked(data)
    if isinstance(data, dict):
        return {masked(str(key)): masked_json(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [masked_json(value) for value in data]
    return data
