"""Clouds and hosting. Forms from the vendors' documentation of their keys."""

from analyze.catalogers.secrets.rule import LEFT, RIGHT, UUID, Rule, assigned, token

_AWS = ("AKIA", "AGPA", "AIDA", "AROA", "AIPA", "ANPA", "ANVA", "ASIA")
_AWS_NAMES = ("secret_access_key", "secretaccesskey", "secret-access-key", "secret access key", "secret_key",
              "secretkey", "aws_secret", "aws-secret", "awssecret")  # fmt: skip

RULES = (
    token(
        "aws-access-key-id", "AWS", "AWS Access Key ID", "CRITICAL",
        _AWS, r"[A-Z0-9]{16}", probe=r"A(?:KIA|GPA|IDA|ROA|IPA|NPA|NVA|SIA)[A-Z0-9]{12}", entropy=3.0,
    ),
    # More than four bits a character: forty hexadecimal digits, as of SHA-1, have less.
    assigned(
        "aws-secret-access-key", "AWS", "AWS Secret Access Key", "CRITICAL",
        _AWS_NAMES, r"[A-Za-z0-9+/]{40}", entropy=4.05,
    ),
    token(
        "alibaba-access-key-id", "Alibaba", "Alibaba AccessKey ID", "HIGH",
        ("LTAI",), r"[A-Za-z0-9]{17,21}", probe=r"LTAI[A-Za-z0-9]{12}", entropy=3.0,
    ),
    assigned(
        "alibaba-secret-key", "Alibaba", "Alibaba Secret Key", "HIGH",
        ("alibaba", "aliyun"), r"[A-Za-z0-9]{30}", entropy=3.5,
    ),
    assigned(
        "heroku-api-key", "Heroku", "Heroku API Key", "HIGH",
        ("heroku",), rf"(?:{UUID}|HRKU-[A-Za-z0-9_\-]{{36,64}})", entropy=2.5,
    ),
    token(
        "databricks-api-token", "Databricks", "Databricks API token", "MEDIUM",
        ("dapi",), r"[a-h0-9]{32}(?:-\d)?", probe=r"dapi[a-h0-9]{16}",
    ),
    Rule(
        "hashicorp-tf-api-token", "HashiCorp", "HashiCorp Terraform user/org API token", "MEDIUM",
        (".atlasv1.",), rf"{LEFT}(?P<value>[A-Za-z0-9]{{14}}\.atlasv1\.[A-Za-z0-9_=\-]{{60,70}}){RIGHT}",
        back=14, entropy=3.0,
    ),
    token(
        "pulumi-api-token", "Pulumi", "Pulumi API token", "HIGH",
        ("pul-",), r"[a-f0-9]{40}", probe=r"pul-[a-f0-9]{16}",
    ),
    token(
        "doppler-api-token", "Doppler", "Doppler API token", "MEDIUM",
        ("dp.pt.",), r"[A-Za-z0-9]{40,44}", probe=r"dp\.pt\.[A-Za-z0-9]{16}",
    ),
    token(
        "planetscale-password", "Planetscale", "PlanetScale password", "MEDIUM",
        ("pscale_pw_",), r"[A-Za-z0-9_=.\-]{32,64}",
    ),
    token(
        "planetscale-api-token", "Planetscale", "PlanetScale API token", "MEDIUM",
        ("pscale_tkn_",), r"[A-Za-z0-9_=.\-]{32,64}",
    ),
    assigned(
        "fastly-api-token", "Fastly", "Fastly API token", "MEDIUM",
        ("fastly",), r"[A-Za-z0-9_=\-]{32}", entropy=3.5,
    ),
    token(
        "age-secret-key", "Age", "Age secret key", "MEDIUM",
        ("AGE-SECRET-KEY-1",), r"[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",
    ),
)  # fmt: skip
