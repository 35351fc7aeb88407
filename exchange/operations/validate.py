"""`$validate`: what is wrong with a resource, or with what is asked to be done with it.

https://hl7.org/fhir/R4/resource-operation-validate.html
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from exchange.fhirjson import dumps, loads
from exchange.hub import Hub
from exchange.interactions.read import require_there
from exchange.interactions.request import Request, Response
from exchange.negotiation import sent_format
from exchange.outcome import FhirError
from exchange.validation.outcome import outcome
from exchange.validation.supported import PARAMETER, unsupported
from exchange.validation.text import Text, Told, read_text
from profiles.validator import Validator
from terminology.issue import Issue

Resource = dict[str, Any]
MODES: Final = ("create", "update", "delete", "profile")


@dataclass(frozen=True, slots=True)
class Asked:
    """`at` is where the resource stands in the text: in a Parameters resource its parameter; None where it is
    not in the text at all."""

    resource: Resource | None
    mode: str
    profiles: tuple[str, ...]
    text: Text | None = None
    at: str = ""
    must_support: bool = False


async def validate(hub: Hub, request: Request) -> Response:
    """200 with an OperationOutcome, whatever the resource is like."""
    request.grant.require(request.type, "r")
    text = _text(hub, request)
    if text is not None and text.fault is not None:
        return _answer(text.told_faults())
    asked = _asked(request, text)
    if asked.mode == "delete":
        return _answer(await _deletion(hub, request))
    if asked.resource is None:
        asked = replace(asked, resource=await _stored(hub, request))
    validator = await hub.validation.refresh()
    return _answer(await asyncio.to_thread(_judged, validator, request, asked))


def _text(hub: Hub, request: Request) -> Text | None:
    if not request.body or request.resource is not None:
        return None
    sent_format(request.headers.get("content-type"))
    return read_text(request.body, hub.definitions)


def _asked(request: Request, text: Text | None) -> Asked:
    """The parameters of the URL, and those of the body."""
    mode, profiles = request.parameter("mode") or "", [v for k, v in request.parameters if k == "profile"]
    resource = text.resource if text else request.resource
    supported = request.parameter(PARAMETER) or ""
    at = ""
    if resource is not None and _holds_parameters(request, resource):
        given = resource.get("parameter", ())
        resource = None
        for number, parameter in enumerate(given if isinstance(given, list) else ()):
            if not isinstance(parameter, dict):
                continue
            if isinstance(parameter.get("resource"), dict):
                resource, at = parameter["resource"], f"Parameters.parameter[{number}].resource"
            elif parameter.get("name") == "mode":
                mode = _value(parameter)
            elif parameter.get("name") == "profile":
                profiles.append(_value(parameter))
            elif parameter.get("name") == PARAMETER:
                supported = _value(parameter)
    if mode and mode not in MODES:
        raise FhirError("invalid", f"mode is one of {', '.join(MODES)}", "mode")
    if resource is None and "id" not in request.path:
        raise FhirError("invalid", "There is no resource to validate", "resource")
    return Asked(resource, mode, tuple(profiles), text, at, supported.lower() == "true")


def _holds_parameters(request: Request, resource: Resource) -> bool:
    """A Parameters resource may be what is to be validated itself."""
    if resource.get("resourceType") != "Parameters":
        return False
    given = resource.get("parameter", ())
    names = [one.get("name") for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    return request.type != "Parameters" or "resource" in names


def _value(parameter: Resource) -> str:
    return next((str(value) for name, value in parameter.items() if name.startswith("value")), "")


async def _stored(hub: Hub, request: Request) -> Resource:
    name = f"{request.type}/{request.id}"
    return loads(require_there(await hub.reader.read(request.type, request.id), name).body or b"")


async def _deletion(hub: Hub, request: Request) -> Sequence[Told]:
    """Whether there is anything to delete."""
    if "id" not in request.path:
        raise FhirError("invalid", "A deletion is validated at [type]/[id]/$validate", "mode")
    stored = await hub.reader.read(request.type, request.id)
    if stored is None or stored.body is None:
        name = f"{request.type}/{request.id}"
        return [Told(Issue("error", "not-found", f"{name} is not there", "", "validate-not-there"))]
    return ()


def _judged(validator: Validator, request: Request, asked: Asked) -> Sequence[Told]:
    resource = asked.resource or {}
    issues = [*_against_url(request, asked), *validator.validate(resource, asked.profiles)]
    if asked.must_support:
        issues += unsupported(validator, resource, asked.profiles)
    if asked.text is None:
        return [Told(issue) for issue in issues]
    if not asked.at:
        return asked.text.told(issues)
    inside = [replace(issue, expression=_inside(issue.expression, asked.at)) for issue in issues]
    placed = asked.text.places(inside)
    told = [Told(issue, told.place) for issue, told in zip(issues, placed, strict=True)]
    return [*asked.text.told_faults(), *told]


def _inside(expression: str, at: str) -> str:
    """The expression as the Parameters resource has it."""
    _, dot, rest = expression.partition(".")
    return at + dot + rest


def _against_url(request: Request, asked: Asked) -> Sequence[Issue]:
    """What the resource says of itself, and what the URL says."""
    resource = asked.resource or {}
    kind = resource.get("resourceType")
    if kind != request.type:
        text = f"The URL says {request.type}, the resource is {str(kind)[:64]}"
        return [Issue("error", "invalid", text, "", "validate-type")]
    if asked.mode == "update" and "id" in request.path and resource.get("id") != request.id:
        text = f"The id of the resource is not the URL's, {request.id}"
        return [Issue("error", "invalid", text, f"{kind}.id", "validate-id")]
    return []


def _answer(issues: Sequence[Told]) -> Response:
    return Response(200, dumps(outcome(issues)))
