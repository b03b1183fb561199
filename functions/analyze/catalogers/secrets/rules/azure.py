"""Microsoft Azure. Keys of the common annotated security key format (Microsoft's "CASK") are 84 characters.

52 of chance, `JQQJ99`, the time, the platform's data, twelve characters that name the provider, a checksum.
"""

import re

from analyze.catalogers.secrets.rule import LEFT, Rule, assigned

_AROUND = 600
_VERSION = re.compile(rb"\bsv=20\d\d-\d\d-\d\d")
_CASK = rf"{LEFT}(?P<value>[A-Za-z0-9+/]{{52}}JQQJ99[A-Za-z0-9]{{2}}"


def _is_signed(content: bytes, match: "re.Match[bytes]") -> bool:
    """Tell whether the version of a shared access signature stands beside its signature."""
    return _VERSION.search(content, max(0, match.start() - _AROUND), match.end() + _AROUND) is not None


RULES = (
    Rule(
        "azure-storage-account-key", "Azure", "Azure Storage Account Key", "CRITICAL",
        ("accountkey",), r"(?i:accountkey)[ \t]{0,3}[\"']?[ \t]{0,3}[=:][ \t]{0,3}[\"']?(?P<value>[A-Za-z0-9+/]{86}==)",
        probe=r"(?i-u:accountkey)[ \t\x22']{0,8}[=:]", fold=True, entropy=4.0,
    ),
    Rule(
        "azure-sas-token", "Azure", "Azure Shared Access Signature Token", "HIGH",
        ("sig=",), rf"{LEFT}sig=(?P<value>(?:[A-Za-z0-9+/]|%[0-9A-Fa-f]{{2}}){{43,90}}(?:=|%3[dD]))",
        probe=r"sig=[A-Za-z0-9%+/]{24}", entropy=3.5, confirm=_is_signed,
    ),
    Rule(
        "azure-container-registry-credential", "Azure", "Azure Container Registry Credential", "CRITICAL",
        ("ACYeBjFEqg7NAAA",), _CASK + r"ACYeBjFEqg7NAAA[A-Za-z0-9]{5,13})(?![A-Za-z0-9+/])", back=60, entropy=3.5,
    ),
    Rule(
        "azure-ai-services-key", "Azure", "Azure AI Services Key", "HIGH",
        ("XJ3w3",), _CASK + r"[A-Za-z0-9]{7}XJ3w3AAA[A-Za-z0-9]{5,13})(?![A-Za-z0-9+/])",
        probe="XJ3w3AAA", back=67, entropy=3.5,
    ),
    Rule(
        "azure-container-registry-password", "Azure", "Azure Container Registry Password", "CRITICAL",
        ("azurecr.io",),
        r"(?i:(?:^|[\s\"',;_])(?:-p|--password|password|pwd)[\"']?[ \t]{0,3}[=: ,][ \t]{0,3}[\"']?)"
        r"(?P<value>[A-Za-z0-9+/=]{32}|[A-Za-z0-9+/]{42}\+ACR[A-Za-z0-9]{6})(?![A-Za-z0-9+/=])",
        back=200, reach=300, entropy=3.5,
    ),
    Rule(
        "azure-app-config-connection-string", "Azure", "Azure App Configuration Connection String", "CRITICAL",
        ("azconfig.io",),
        r"azconfig\.io;Id=[^;\s\"']{1,100};Secret=(?P<value>[A-Za-z0-9+/]{40,100}={0,2})", entropy=3.5,
    ),
    Rule(
        "azure-entra-client-secret", "Azure", "Azure Entra ID Client Secret", "CRITICAL",
        ("8Q~",), r"(?<![A-Za-z0-9_~.\-])(?P<value>[A-Za-z0-9_~.\-]{3}8Q~[A-Za-z0-9_~.\-]{34})(?![A-Za-z0-9_~.\-])",
        probe=r"8Q~[A-Za-z0-9_~.\-]{8}", back=4, entropy=3.5,
    ),
    assigned(
        "azure-devops-pat", "Azure", "Azure DevOps Personal Access Token", "HIGH",
        ("azure_devops", "azuredevops", "azure-devops", "ado_pat", "ado_token", "ado-pat", "ado-token"),
        r"(?:[a-z2-7]{52}|[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4})", entropy=3.5,
    ),
)  # fmt: skip
