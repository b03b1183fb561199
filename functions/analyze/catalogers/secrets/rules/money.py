"""Shops, payments, parcels and travel."""

from analyze.catalogers.secrets.rule import LEFT, Rule, assigned, token

RULES = (
    token(
        "shopify-token", "Shopify", "Shopify token", "HIGH",
        ("shpss_", "shpat_", "shpca_", "shppa_"), r"[A-Fa-f0-9]{32}",
    ),
    token(
        "stripe-secret-token", "Stripe", "Stripe Secret Key", "CRITICAL",
        ("sk_test_", "sk_live_"), r"[A-Za-z0-9]{16,128}", probe="sk_(?:test|live)_[A-Za-z0-9]{8}", entropy=3.0,
    ),
    token(
        "stripe-publishable-token", "Stripe", "Stripe Publishable Key", "LOW",
        ("pk_test_", "pk_live_"), r"[A-Za-z0-9]{16,128}", probe="pk_(?:test|live)_[A-Za-z0-9]{8}", entropy=3.0,
    ),
    token(
        "duffel-api-token", "Duffel", "Duffel API token", "LOW",
        ("duffel_test_", "duffel_live_"), r"[A-Za-z0-9_=\-]{43}",
    ),
    token(
        "easypost-api-token", "Easypost", "EasyPost API token", "LOW",
        ("EZAK", "EZTK", "EZAT"), r"[A-Za-z0-9]{54}", probe="EZ(?:AK|TK|AT)[A-Za-z0-9]{16}", entropy=3.0,
    ),
    assigned(
        "finicity-api-token", "Finicity", "Finicity API token", "MEDIUM", ("finicity",), r"[a-f0-9]{32}",
    ),
    assigned(
        "finicity-client-secret", "Finicity", "Finicity client secret", "MEDIUM", ("finicity",), r"[A-Za-z0-9]{20}",
    ),
    token(
        "flutterwave-public-key", "Flutterwave", "Flutterwave public/secret key", "MEDIUM",
        ("FLWSECK_TEST-", "FLWPUBK_TEST-", "FLWSECK-", "FLWPUBK-"), r"[a-h0-9]{32}-X",
    ),
    token(
        "flutterwave-enc-key", "Flutterwave", "Flutterwave encrypted key", "MEDIUM",
        ("FLWSECK_TEST",), r"[a-h0-9]{12}",
    ),
    # `live_` alone says little: the value stands in quotes or is all that a name is given.
    Rule(
        "gocardless-api-token", "GoCardless", "GoCardless API token", "MEDIUM",
        ("live_", "sandbox_"), r"(?<=[\"'= ])(?P<value>(?:live|sandbox)_[A-Za-z0-9_=\-]{40})(?![A-Za-z0-9_=\-])",
        probe=r"[\x22'= ](?:live|sandbox)_[A-Za-z0-9_=\-]{24}", shown=5, entropy=3.5, mixed=True,
    ),
    Rule(
        "lob-api-key", "Lob", "Lob API Key", "LOW",
        ("live_", "test_"), rf"{LEFT}(?P<value>(?:live|test)_[a-f0-9]{{35}})(?![A-Za-z0-9_])",
        probe=r"(?:live|test)_[a-f0-9]{16}", shown=5, entropy=2.5,
    ),
    Rule(
        "lob-pub-api-key", "Lob", "Lob Publishable API Key", "LOW",
        ("live_pub_", "test_pub_"), rf"{LEFT}(?P<value>(?:live|test)_pub_[a-f0-9]{{31}})(?![A-Za-z0-9_])",
        probe=r"(?:live|test)_pub_[a-f0-9]{16}", shown=9, entropy=2.5,
    ),
    token(
        "shippo-api-token", "Shippo", "Shippo API token", "LOW",
        ("shippo_live_", "shippo_test_"), r"[a-f0-9]{40}",
    ),
)  # fmt: skip
