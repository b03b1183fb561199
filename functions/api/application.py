"""The API put together: routes, what is checked of every request, and how errors are told."""

from functools import cache
from typing import Any

import orjson
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestValidationError,
)

from api import problems
from api.requests import request_id
from api.routes import ROUTERS
from cargohold.errors import CargoholdError, InvalidRequest, MethodNotAllowed, RouteUnknown
from cargohold.telemetry import logger


@cache
def application() -> APIGatewayHttpResolver:
    """Return the resolver of all routes."""
    app = APIGatewayHttpResolver(
        serializer=lambda body: orjson.dumps(body).decode(),
        json_body_deserializer=orjson.loads,
        enable_validation=True,
        response_validation_error_http_code=500,
        debug=False,
    )
    app.use([_no_other_parameters])
    for router in ROUTERS:
        app.include_router(router)

    def told(error: CargoholdError, **more: Any) -> Response[str]:
        return problems.answer(error, request_id(app.current_event.raw_event), **more)

    def known(error: CargoholdError) -> Response[str]:
        if not error.permanent or type(error) not in problems.STATUS:
            logger.warning("the request failed", extra={"code": error.code, "reason": error.message})
        return told(error)

    def invalid(error: RequestValidationError) -> Response[str]:
        parts = problems.parts_of(error.errors())
        first = parts[0] if parts else problems.WrongPart(where="request", reason="it is malformed")
        return told(InvalidRequest(reason=f"{first.where}: {first.reason}"), parts=parts)

    def nothing(error: NotFoundError) -> Response[str]:  # noqa: ARG001
        path = app.current_event.path
        allowed = sorted({route.method for route in app._static_routes + app._dynamic_routes if route.rule.match(path)})
        if allowed:
            names = ", ".join(allowed)
            method = app.current_event.http_method
            return told(MethodNotAllowed(method=method, path=path, allowed=names), headers={"Allow": names})
        return told(RouteUnknown(path=path))

    def unexpected(error: Exception) -> Response[str]:
        logger.exception("the request failed", exc_info=error)
        return told(CargoholdError(detail="unexpected"))

    handlers: dict[type[Exception], Any] = {
        CargoholdError: known,
        RequestValidationError: invalid,
        NotFoundError: nothing,
        Exception: unexpected,
    }
    for kind, handler in handlers.items():
        app.exception_handler(kind)(handler)
    return app


def _no_other_parameters(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """Refuse parameters that a route does not have: a misspelt filter would find everything."""
    route = app.context["_route"]
    known = {field.alias for field in route.dependant.query_params}
    for name in app.current_event.query_string_parameters or {}:
        if name not in known:
            reason = f"there is no parameter {name[:64]!r}; there are {', '.join(sorted(known)) or 'none'}"
            raise InvalidRequest(reason=reason)
    return next_middleware(app)
