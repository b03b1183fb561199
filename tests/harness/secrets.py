"""Secrets of every kind, made when a test runs: nothing that looks like a live one stands in the repository.

A sample is a text with `{}` where the value belongs, and the value in parts: strings as they are, and
(alphabet, length) for characters of chance. The same seed gives the same value.
"""

from base64 import b64encode
from dataclasses import dataclass
from random import Random

LOWER = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
HEX = DIGITS + "abcdef"
UPPER = LOWER.upper() + DIGITS
ALNUM = LOWER + UPPER
SMALL = LOWER + DIGITS
BASE64 = ALNUM + "+/"
AGE = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"

Part = str | tuple[str, int]
UUID: tuple[Part, ...] = ((HEX, 8), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 4), "-", (HEX, 12))


@dataclass(frozen=True)
class Sample:
    """One kind of secret: `text` around `parts`, in a file called `name`."""

    parts: tuple[Part, ...]
    text: str = "value = {}\n"
    name: str = "settings.ini"

    def value(self, seed: int = 1) -> str:
        """Return a value; parts of chance have letters and digits where their alphabet has both."""
        chance = Random(seed)
        return "".join(part if isinstance(part, str) else _mixed(chance, *part) for part in self.parts)

    def content(self, value: str) -> bytes:
        """Return a file with the value in it."""
        return self.text.replace("{}", value).encode()


def _mixed(chance: Random, alphabet: str, length: int) -> str:
    while True:
        value = "".join(chance.choices(alphabet, k=length))
        varied = len(set(value)) >= 0.6 * min(length, len(alphabet))
        mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
        if length < 12 or (varied and (mixed or alphabet == DIGITS)):
            return value


def _body(lines: int = 6) -> str:
    return "\n".join(_mixed(Random(line), BASE64, 64) for line in range(lines))


def _login() -> str:
    return b64encode(b"robot:" + _mixed(Random(5), ALNUM, 16).encode()).decode()


def _given(name: str, *parts: Part) -> Sample:
    return Sample(parts, name + ' = "{}"\n')


_CASK = ("JQQJ" + "99", "BA")
SAMPLES: dict[str, Sample] = {
    "aws-access-key-id": Sample(("AK" + "IA", (UPPER, 16))),
    "aws-secret-access-key": _given("aws_secret_access_key", (BASE64, 40)),
    "github-pat": Sample(("gh" + "p_", (ALNUM, 36))),
    "github-oauth": Sample(("gh" + "o_", (ALNUM, 36))),
    "github-app-token": Sample(("gh" + "s_", (ALNUM, 36))),
    "github-refresh-token": Sample(("gh" + "r_", (ALNUM, 76))),
    "github-fine-grained-pat": Sample(("github" + "_pat_", (ALNUM, 22), "_", (ALNUM, 59))),
    "gitlab-pat": Sample(("gl" + "pat-", (ALNUM, 20))),
    "hugging-face-access-token": Sample(("h" + "f_", (ALNUM, 34))),
    "private-key": Sample(
        ("-----BEGIN " + "RSA PRIVATE KEY" + "-----",), "{}\n" + _body() + "\n-----END RSA PRIVATE KEY-----\n"
    ),
    "shopify-token": Sample(("shp" + "at_", (HEX, 32))),
    "slack-access-token": Sample(("xox" + "b-", (DIGITS, 12), "-", (DIGITS, 12), "-", (ALNUM, 24))),
    "stripe-publishable-token": Sample(("pk_" + "live_", (ALNUM, 24))),
    "stripe-secret-token": Sample(("sk_" + "live_", (ALNUM, 24))),
    "pypi-upload-token": Sample(("pypi-" + "AgEIcHlwaS5vcmc", (ALNUM, 140))),
    "gcp-service-account": Sample(
        ('"type": "service' + '_account"',),
        '{ {}, "private_key": "-----BEGIN ' + "PRIVATE KEY-----\\n" + _body(1) + '\\n-----END PRIVATE KEY-----" }',
    ),
    "heroku-api-key": _given("HEROKU_API_KEY", *UUID),
    "slack-web-hook": Sample(
        ("T", (UPPER, 8), "/B", (UPPER, 8), "/", (ALNUM, 24)), "url: https://hooks.slack" + ".com/services/{}\n"
    ),
    "twilio-api-key": Sample(("S" + "K", (HEX, 32))),
    "age-secret-key": Sample(("AGE-SECRET" + "-KEY-1", (AGE, 58))),
    "facebook-token": _given("facebook_app_secret", (HEX, 32)),
    "twitter-token": _given("TWITTER_TOKEN", (ALNUM, 44)),
    "adobe-client-id": _given("adobe-client-id", (HEX, 32)),
    "adobe-client-secret": Sample(("p8" + "e-", (ALNUM, 32))),
    "alibaba-access-key-id": Sample(("LT" + "AI", (ALNUM, 20))),
    "alibaba-secret-key": _given("alibaba_secret", (SMALL, 30)),
    "asana-client-id": _given("asana_client_id", (DIGITS, 16)),
    "asana-client-secret": _given("asana_client_secret", (SMALL, 32)),
    "atlassian-api-token": _given("atlassian.token", (ALNUM, 24)),
    "bitbucket-client-id": _given("BITBUCKET_KEY", (ALNUM, 32)),
    "bitbucket-client-secret": _given("BITBUCKET_SECRET", (ALNUM, 64)),
    "beamer-api-token": _given("beamer_token", "b_", (ALNUM, 44)),
    "clojars-api-token": Sample(("CLO" + "JARS_", (SMALL, 60))),
    "contentful-delivery-api-token": _given("contentful_delivery", (ALNUM, 43)),
    "databricks-api-token": Sample(("da" + "pi", (HEX, 32))),
    "discord-api-token": _given("DISCORD_TOKEN", (HEX, 64)),
    "discord-client-id": _given("discord_client_id", (DIGITS, 18)),
    "discord-client-secret": _given("discord_client_secret", (ALNUM, 32)),
    "doppler-api-token": Sample(("dp." + "pt.", (ALNUM, 43))),
    "dropbox-api-secret": _given("dropbox_secret", (SMALL, 15)),
    "dropbox-short-lived-api-token": _given("dropbox_token", "sl.", (ALNUM, 140)),
    "dropbox-long-lived-api-token": _given("dropbox_token", (SMALL, 11), "A" * 10, (SMALL, 43)),
    "duffel-api-token": Sample(("duffel_" + "live_", (ALNUM, 43))),
    "dynatrace-api-token": Sample(("dt0" + "c01.", (UPPER, 24), ".", (UPPER, 64))),
    "easypost-api-token": Sample(("EZ" + "AK", (ALNUM, 54))),
    "fastly-api-token": _given("FASTLY_API_KEY", (ALNUM, 32)),
    "finicity-client-secret": _given("finicity_secret", (ALNUM, 20)),
    "finicity-api-token": _given("finicity_token", (HEX, 32)),
    "flutterwave-public-key": Sample(("FLWPUBK" + "_TEST-", (HEX, 32), "-X")),
    "flutterwave-enc-key": Sample(("FLWSECK" + "_TEST", (HEX, 12))),
    "frameio-api-token": Sample(("fio" + "-u-", (ALNUM, 64))),
    "gocardless-api-token": Sample(("li" + "ve_", (ALNUM, 40)), 'GC_TOKEN="{}"\n'),
    "grafana-api-token": Sample(("eyJr" + "Ijoi", (ALNUM, 80))),
    "hashicorp-tf-api-token": Sample(((ALNUM, 14), ".atlas" + "v1.", (ALNUM, 67))),
    "hubspot-api-token": _given("hubspot_api_key", *UUID),
    "intercom-api-token": _given("intercom_token", (ALNUM, 59), "="),
    "intercom-client-secret": _given("intercom_client_secret", *UUID),
    "ionic-api-token": _given("IONIC_TOKEN", "ion_", (ALNUM, 42)),
    "jwt-token": Sample(("ey" + "J", (ALNUM, 33), ".ey" + "J", (ALNUM, 60), ".", (ALNUM, 43)), "Bearer {}\n"),
    "linear-api-token": Sample(("lin_" + "api_", (ALNUM, 40))),
    "linear-client-secret": _given("linear_client_secret", (HEX, 32)),
    "lob-api-key": Sample(("te" + "st_", (HEX, 35))),
    "lob-pub-api-key": Sample(("te" + "st_pub_", (HEX, 31))),
    "mailchimp-api-key": Sample(((HEX, 32), "-us" + "12")),
    "mailgun-token": Sample(("ke" + "y-", (HEX, 32))),
    "mailgun-signing-key": _given("mailgun_signing_key", (HEX, 32), "-", (HEX, 8), "-", (HEX, 8)),
    "mapbox-api-token": Sample(("p" + "k.", (ALNUM, 60), ".", (ALNUM, 22))),
    "messagebird-api-token": _given("messagebird_token", (ALNUM, 25)),
    "messagebird-client-id": _given("messagebird_client", *UUID),
    "new-relic-user-api-key": Sample(("NR" + "AK-", (UPPER, 27))),
    "new-relic-user-api-id": _given("new_relic_id", (UPPER, 64)),
    "new-relic-browser-api-token": Sample(("NR" + "JS-", (HEX, 19))),
    "npm-access-token": Sample(("np" + "m_", (ALNUM, 36)), "//registry.npmjs.org/:_authToken={}\n", ".npmrc"),
    "planetscale-password": Sample(("pscale" + "_pw_", (ALNUM, 43))),
    "planetscale-api-token": Sample(("pscale" + "_tkn_", (ALNUM, 43))),
    "private-packagist-token": Sample(("packagist" + "_uut_", (HEX, 68))),
    "postman-api-token": Sample(("PM" + "AK-", (HEX, 24), "-", (HEX, 34))),
    "pulumi-api-token": Sample(("pu" + "l-", (HEX, 40))),
    "rubygems-api-token": Sample(("ruby" + "gems_", (HEX, 48))),
    "sendgrid-api-token": Sample(("S" + "G.", (ALNUM, 22), ".", (ALNUM, 43))),
    "sendinblue-api-token": Sample(("xkey" + "sib-", (HEX, 64), "-", (ALNUM, 16))),
    "shippo-api-token": Sample(("shippo_" + "live_", (HEX, 40))),
    "linkedin-client-secret": _given("LINKEDIN_SECRET", (ALNUM, 16)),
    "linkedin-client-id": _given("linkedin_client_id", (SMALL, 14)),
    "twitch-api-token": _given("twitch_token", (SMALL, 30)),
    "typeform-api-token": _given("typeform_token", "tfp_", (ALNUM, 59)),
    "dockerconfig-secret": Sample((_login(),), '{"auths": {"r.io": {"auth": "{}"}}}', "config.json"),
    "symfony-default-secret": Sample(("ThisTokenIs" + "NotSoSecretChangeIt",), "secret: {}\n"),
    "azure-storage-account-key": Sample(((BASE64, 86), "=="), "AccountName=a;AccountKey={};\n"),
    "azure-sas-token": Sample(((ALNUM, 43), "%3D"), "https://a.blob/?sv=2022-11-02&sp=r&sig={}\n"),
    "azure-devops-pat": _given("AZURE_DEVOPS_PAT", ("abcdefghijklmnopqrstuvwxyz234567", 52)),
    "azure-entra-client-secret": Sample(((ALNUM, 3), "8" + "Q~", (ALNUM, 34))),
    "azure-container-registry-credential": Sample(((ALNUM, 52), *_CASK, "ACYeBjF" + "Eqg7NAAA", "BAZCR", (ALNUM, 4))),
    "azure-container-registry-password": Sample(
        ((BASE64, 32),), "docker login -u me -p {} me.azure" + "cr.io\n", "deploy.sh"
    ),
    "azure-app-config-connection-string": Sample(
        ((BASE64, 43), "="), "Endpoint=https://a.az" + "config.io;Id=ab-l0-s0:xy;Secret={}\n"
    ),
    "azure-ai-services-key": Sample(((ALNUM, 52), *_CASK, "ACYeBjF" + "XJ3w3AAA", "BACOG", (ALNUM, 4))),
    "maven-settings-password": Sample(("hunter2 is long"[:7],), "<password>{}</password>", "settings.xml"),
    "maven-settings-passphrase": Sample(("open-sesame",), "<passphrase>{}</passphrase>", "settings.xml"),
    "maven-settings-security-master": Sample(
        ("{", (BASE64, 43), "=}"), "<settingsSecurity><master>{}</master>", "settings-security.xml"
    ),
    "openai-project-api-key": Sample(("sk-" + "proj-", (ALNUM, 40), "T3Blbk" + "FJ", (ALNUM, 40))),
    "openai-service-account-key": Sample(("sk-" + "svcacct-", (ALNUM, 40), "T3Blbk" + "FJ", (ALNUM, 40))),
    "openai-admin-api-key": Sample(("sk-" + "admin-", (ALNUM, 40), "T3Blbk" + "FJ", (ALNUM, 40))),
    "openai-legacy-api-key": Sample(("sk" + "-", (ALNUM, 20), "T3Blbk" + "FJ", (ALNUM, 20))),
    "openai-service-api-key": Sample(("sk" + "-my-service-", (ALNUM, 20), "T3Blbk" + "FJ", (ALNUM, 20))),
    "openai-realtime-client-secret": Sample(("e" + "k_", (HEX, 32))),
}


def everything(seed: int = 1) -> tuple[bytes, dict[str, str]]:
    """Return one text with a secret of every kind that any file can hold, and the values that are of chance."""
    texts, values = [], {}
    for number, (kind, sample) in enumerate(SAMPLES.items()):
        if not kind.startswith("maven-"):
            value = sample.value(seed * 1000 + number)
            texts.append(sample.content(value))
            if kind not in ("private-key", "gcp-service-account", "symfony-default-secret"):
                values[kind] = value
    return (b"\n" * 12).join(texts), values
