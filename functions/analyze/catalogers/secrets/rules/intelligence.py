"""Machine learning. OpenAI's keys carry the Base64 of "OpenAI" in their middle."""

from analyze.catalogers.secrets.rule import LEFT, Rule, token

_MARK = "T3BlbkFJ"
_PART = r"[A-Za-z0-9_\-]"


def _key(identifier: str, title: str, severity: str, start: str, around: str, shown: int) -> Rule:
    return Rule(
        identifier, "OpenAI", title, severity, ("sk-",),
        rf"{LEFT}(?P<value>{start}{around}{_MARK}{around})(?![A-Za-z0-9_\-])",
        probe=_MARK, shown=shown, entropy=3.5,
    )  # fmt: skip


RULES = (
    token(
        "hugging-face-access-token", "HuggingFace", "Hugging Face Access Token", "CRITICAL",
        ("hf_",), r"[A-Za-z0-9]{34,40}", probe=r"hf_[A-Za-z0-9]{34}", entropy=3.0,
    ),
    _key("openai-project-api-key", "OpenAI Project API Key", "CRITICAL", "sk-proj-", _PART + "{20,120}", 8),
    _key("openai-service-account-key", "OpenAI Service Account Key", "CRITICAL", "sk-svcacct-", _PART + "{20,120}", 11),
    _key("openai-admin-api-key", "OpenAI Admin API Key", "CRITICAL", "sk-admin-", _PART + "{20,120}", 9),
    _key("openai-legacy-api-key", "OpenAI Legacy User API Key", "HIGH", "sk-", "[A-Za-z0-9]{20}", 3),
    _key("openai-service-api-key", "OpenAI Service API Key", "HIGH", r"sk-[A-Za-z0-9\-]{1,60}-", "[A-Za-z0-9]{20}", 3),
    token(
        "openai-realtime-client-secret", "OpenAI", "OpenAI Realtime Client Secret", "MEDIUM",
        ("ek_",), r"[A-Za-z0-9]{32,80}", probe=r"ek_[A-Za-z0-9]{32}", entropy=3.0,
    ),
)  # fmt: skip
