"""Where code and packages are kept, built and tested."""

from analyze.catalogers.secrets.rule import LEFT, RIGHT, UUID, Rule, assigned, token

RULES = (
    token("github-pat", "GitHub", "GitHub Personal Access Token", "CRITICAL", ("ghp_",), r"[A-Za-z0-9]{36}"),
    token("github-oauth", "GitHub", "GitHub OAuth Access Token", "CRITICAL", ("gho_",), r"[A-Za-z0-9]{36}"),
    token("github-app-token", "GitHub", "GitHub App Token", "CRITICAL", ("ghu_", "ghs_"), r"[A-Za-z0-9]{36}"),
    token("github-refresh-token", "GitHub", "GitHub Refresh Token", "CRITICAL", ("ghr_",), r"[A-Za-z0-9]{36,76}"),
    token(
        "github-fine-grained-pat", "GitHub", "GitHub Fine-grained personal access tokens", "CRITICAL",
        ("github_pat_",), r"[A-Za-z0-9_]{82}",
    ),
    token(
        "gitlab-pat", "GitLab", "GitLab Personal Access Token", "CRITICAL",
        ("glpat-",), r"[A-Za-z0-9_\-]{20}(?:[A-Za-z0-9_\-]{0,300}\.[a-z0-9]{2}\.[a-z0-9]{9})?",
    ),
    assigned(
        "bitbucket-client-secret", "Bitbucket", "Bitbucket client secret", "HIGH",
        ("bitbucket",), r"[A-Za-z0-9_=\-]{64}", entropy=3.5,
    ),
    assigned(
        "bitbucket-client-id", "Bitbucket", "Bitbucket client ID", "HIGH",
        ("bitbucket",), r"[A-Za-z0-9]{32}", entropy=3.0,
    ),
    assigned(
        "atlassian-api-token", "Atlassian", "Atlassian API token", "HIGH",
        ("atlassian", "confluence", "jira"), r"(?:[A-Za-z0-9]{24}|ATATT3[A-Za-z0-9_\-=]{186})", entropy=3.5,
    ),
    # The form of today, and the UUID that npm 1 to 6 gave, in the line of an .npmrc.
    Rule(
        "npm-access-token", "Npm", "npm access token", "CRITICAL",
        ("npm_", "_authtoken="),
        rf"(?:{LEFT}|(?i:_authToken=)[\"']?)(?P<value>(?:npm_[A-Za-z0-9]{{36}}|(?<=[=\"']){UUID})){RIGHT}",
        probe=r"(?:npm_[A-Za-z0-9]{36}|_auth[Tt]oken=)", fold=True, entropy=2.5,
    ),
    token(
        "pypi-upload-token", "PyPI", "PyPI upload token", "HIGH",
        ("pypi-AgEIcHlwaS5vcmc",), r"[A-Za-z0-9_\-]{50,1000}", shown=5, reach=1100,
    ),
    token("rubygems-api-token", "RubyGems", "Rubygem API token", "MEDIUM", ("rubygems_",), r"[a-f0-9]{48}",
          probe=r"rubygems_[a-f0-9]{16}"),
    token("clojars-api-token", "Clojars", "Clojars API token", "MEDIUM", ("CLOJARS_",), r"[a-z0-9]{60}",
          probe=r"CLOJARS_[a-z0-9]{16}"),
    token(
        "private-packagist-token", "PrivatePackagist", "Private Packagist token", "HIGH",
        ("packagist_uut_", "packagist_ort_", "packagist_out_"), r"[a-f0-9]{68}",
    ),
    token(
        "postman-api-token", "Postman", "Postman API token", "MEDIUM",
        ("PMAK-",), r"[a-f0-9]{24}-[a-f0-9]{34}",
    ),
    token(
        "linear-api-token", "Linear", "Linear API token", "MEDIUM", ("lin_api_",), r"[A-Za-z0-9]{40}",
        probe=r"lin_api_[A-Za-z0-9]{16}",
    ),
    assigned(
        "linear-client-secret", "Linear", "Linear client secret/ID", "MEDIUM",
        ("linear_client", "linear_secret", "linear_api", "linear_token", "linear_id", "linear-client", "linear.client",
         "linearclient", "linear client"),
        r"[a-f0-9]{32}",
    ),
    assigned(
        "asana-client-id", "Asana", "Asana Client ID", "MEDIUM", ("asana",), r"[0-9]{16}", entropy=2.0, mixed=False,
    ),
    assigned(
        "asana-client-secret", "Asana", "Asana Client Secret", "MEDIUM", ("asana",), r"[a-z0-9]{32}",
    ),
    assigned(
        "contentful-delivery-api-token", "ContentfulDelivery", "Contentful delivery API token", "LOW",
        ("contentful",), r"[A-Za-z0-9_=\-]{43}", entropy=3.5,
    ),
    token(
        "frameio-api-token", "Frameio", "Frame.io API token", "LOW", ("fio-u-",), r"[A-Za-z0-9_=\-]{64}",
        probe=r"fio-u-[A-Za-z0-9_=\-]{16}",
    ),
    assigned("ionic-api-token", "Ionic", "Ionic API token", "MEDIUM", ("ionic",), r"ion_[A-Za-z0-9]{42}", shown=4),
    token(
        "mapbox-api-token", "Mapbox", "Mapbox API token", "MEDIUM",
        ("pk.",), r"[A-Za-z0-9_\-]{60,160}\.[A-Za-z0-9_\-]{22}", probe=r"pk\.[A-Za-z0-9_\-]{40}", entropy=3.5,
    ),
)  # fmt: skip
