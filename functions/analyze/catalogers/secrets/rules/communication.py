"""Messages, mail, networks of people."""

from analyze.catalogers.secrets.rule import LEFT, RIGHT, UUID, Rule, assigned, token

RULES = (
    token(
        "slack-access-token", "Slack", "Slack token", "HIGH",
        ("xoxb-", "xoxa-", "xoxp-", "xoxr-", "xoxs-"), r"[0-9A-Za-z\-]{20,250}",
        probe="xox[abprs]-[0-9A-Za-z]{2}", entropy=3.0, left=r"(?<![A-Za-z0-9_\-])",
    ),
    Rule(
        "slack-web-hook", "Slack", "Slack Webhook", "MEDIUM",
        ("hooks.slack.com",),
        r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<value>[A-Z0-9][A-Za-z0-9]{5,15}/"
        r"[A-Z0-9][A-Za-z0-9]{5,15}/[A-Za-z0-9/]{20,60})",
        entropy=3.5,
    ),
    token(
        "twilio-api-key", "Twilio", "Twilio API Key", "MEDIUM",
        ("SK",), r"[0-9a-f]{32}", probe=r"SK[0-9a-f]{32}", entropy=3.0,
    ),
    assigned("facebook-token", "Facebook", "Facebook token", "LOW", ("facebook",), r"[a-f0-9]{32}"),
    assigned("twitter-token", "Twitter", "Twitter token", "LOW", ("twitter",), r"[A-Za-z0-9]{35,50}", entropy=3.5),
    assigned(
        "linkedin-client-secret", "LinkedIn", "LinkedIn Client secret", "LOW", ("linkedin",), r"[A-Za-z0-9]{16}",
        entropy=2.8,
    ),
    assigned(
        "linkedin-client-id", "LinkedIn", "LinkedIn Client ID", "LOW", ("linkedin",), r"[a-z0-9]{14}", entropy=2.7,
    ),
    assigned("twitch-api-token", "Twitch", "Twitch API token", "LOW", ("twitch",), r"[a-z0-9]{30}", entropy=3.2),
    Rule(
        "discord-api-token", "Discord", "Discord API key", "MEDIUM",
        ("discord",),
        r"(?i:discord)[\w .\-]{0,40}?[\"'\])]{0,2}[ \t]{0,4}(?::=|=>|[:=,>])[ \t]{0,4}[\"'(]{0,2}"
        r"(?P<value>[a-f0-9]{64}|[MNO][A-Za-z0-9_\-]{23,28}\.[A-Za-z0-9_\-]{6}\.[A-Za-z0-9_\-]{27,40})"
        r"(?![A-Za-z0-9_\-])",
        fold=True, entropy=3.0,
    ),
    assigned(
        "discord-client-secret", "Discord", "Discord client secret", "MEDIUM",
        ("discord",), r"[A-Za-z0-9_=\-]{32}", entropy=3.5,
    ),
    assigned(
        "discord-client-id", "Discord", "Discord client ID", "MEDIUM",
        ("discord",), r"[0-9]{17,20}", entropy=2.0, mixed=False, strong=False,
    ),
    token(
        "sendgrid-api-token", "SendGrid", "SendGrid API token", "MEDIUM",
        ("SG.",), r"[A-Za-z0-9_\-]{16,32}\.[A-Za-z0-9_\-]{40,66}", probe=r"SG\.[A-Za-z0-9_\-]{16}", entropy=3.5,
    ),
    token(
        "sendinblue-api-token", "Sendinblue", "Sendinblue API token", "LOW",
        ("xkeysib-",), r"[a-f0-9]{64}-[A-Za-z0-9]{16}",
    ),
    Rule(
        "mailchimp-api-key", "Mailchimp", "Mailchimp API key", "MEDIUM",
        ("-us",), rf"{LEFT}(?P<value>[a-f0-9]{{32}}-us[0-9]{{1,2}}){RIGHT}",
        probe=r"[a-f0-9]{32}-us[0-9]", back=33, entropy=2.8,
    ),
    Rule(
        "mailgun-token", "Mailgun", "Mailgun private API token", "MEDIUM",
        ("key-",), r"(?<![A-Za-z0-9_\-])(?P<value>(?:pub)?key-[a-f0-9]{32})(?![A-Za-z0-9_\-])",
        probe=r"key-[a-f0-9]{32}", back=3, shown=4, entropy=2.8,
    ),
    assigned(
        "mailgun-signing-key", "Mailgun", "Mailgun webhook signing key", "MEDIUM",
        ("mailgun",), r"[a-f0-9]{32}-[a-f0-9]{8}-[a-f0-9]{8}",
    ),
    assigned(
        "messagebird-client-id", "MessageBird", "MessageBird API client ID", "MEDIUM",
        ("messagebird", "message-bird", "message_bird"), UUID, entropy=2.5,
    ),
    assigned(
        "messagebird-api-token", "MessageBird", "MessageBird API token", "MEDIUM",
        ("messagebird", "message-bird", "message_bird"), r"[A-Za-z0-9]{25}", entropy=3.2,
    ),
    assigned(
        "intercom-client-secret", "Intercom", "Intercom client secret/ID", "LOW", ("intercom",), UUID, entropy=2.5,
    ),
    assigned(
        "intercom-api-token", "Intercom", "Intercom API token", "LOW",
        ("intercom",), r"[A-Za-z0-9_]{59}[A-Za-z0-9_=]", entropy=3.5,
    ),
)  # fmt: skip
