"""Documents, forms, media and customers."""

from analyze.catalogers.secrets.rule import UUID, Rule, assigned, token

RULES = (
    token(
        "adobe-client-secret", "Adobe", "Adobe Client Secret", "LOW",
        ("p8e-",), r"[A-Za-z0-9_\-]{32}", probe=r"p8e-[A-Za-z0-9_\-]{16}", entropy=3.0,
    ),
    assigned("adobe-client-id", "Adobe", "Adobe Client ID (Oauth Web)", "LOW", ("adobe",), r"[a-f0-9]{32}"),
    assigned(
        "beamer-api-token", "Beamer", "Beamer API token", "LOW", ("beamer",), r"b_[A-Za-z0-9_=\-]{44}", shown=2,
        entropy=3.5,
    ),
    assigned(
        "hubspot-api-token", "HubSpot", "HubSpot API token", "LOW",
        ("hubspot",), rf"(?:pat-[a-z]{{2}}[0-9]-)?{UUID}", entropy=2.5,
    ),
    Rule(
        "dropbox-long-lived-api-token", "Dropbox", "Dropbox long lived API token", "HIGH",
        ("dropbox",),
        r"(?i:dropbox)[\w .\-]{0,40}?[\"'\])]{0,2}[ \t]{0,4}(?::=|=>|[:=,>])[ \t]{0,4}[\"'(]{0,2}"
        r"(?P<value>[A-Za-z0-9]{11}AAAAAAAAAA[A-Za-z0-9_=\-]{43})(?![A-Za-z0-9_=\-])",
        fold=True, entropy=3.0,
    ),
    assigned(
        "dropbox-short-lived-api-token", "Dropbox", "Dropbox short lived API token", "HIGH",
        ("dropbox",), r"sl\.[A-Za-z0-9_=.\-]{130,400}", shown=3, entropy=3.5,
    ),
    assigned(
        "dropbox-api-secret", "Dropbox", "Dropbox API secret/key", "HIGH", ("dropbox",), r"[a-z0-9]{15}", entropy=2.7,
    ),
    assigned(
        "typeform-api-token", "Typeform", "Typeform API token", "LOW",
        ("typeform",), r"tfp_[A-Za-z0-9_.=\-]{40,64}", shown=4, entropy=3.0,
    ),
)  # fmt: skip
