"""The routes, one module an area. Each translates a request into a query, a document or a message."""

from aws_lambda_powertools.event_handler.api_gateway import Router

from api.routes import (
    archives,
    content,
    differences,
    exact,
    images,
    imports,
    packages,
    references,
    rules,
    sbom,
    secrets,
    status,
    stored,
    transitions,
)

ROUTERS: tuple[Router, ...] = (
    images.router,
    exact.router,
    content.router,
    stored.router,
    sbom.router,
    differences.router,
    transitions.router,
    references.router,
    packages.router,
    secrets.router,
    archives.router,
    imports.router,
    rules.router,
    status.router,
)
