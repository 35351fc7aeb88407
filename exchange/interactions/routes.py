"""Which interaction answers which method and path: the one table that HTTP, batches and metadata share.

https://hl7.org/fhir/R4/http.html#summary
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from exchange.hub import Hub
from exchange.interactions import capabilities as statement
from exchange.interactions import openapi as described
from exchange.interactions.batch import batch
from exchange.interactions.compartment import compartment_all, compartment_type
from exchange.interactions.conditional_delete import conditional_delete
from exchange.interactions.conditional_patch import conditional_patch
from exchange.interactions.conditional_update import conditional_update
from exchange.interactions.create import create
from exchange.interactions.delete import delete
from exchange.interactions.history_instance import history_instance
from exchange.interactions.history_type import history_system, history_type
from exchange.interactions.job import job_cancel, job_status
from exchange.interactions.patch import patch
from exchange.interactions.read import read
from exchange.interactions.request import Request, Response
from exchange.interactions.search_type import search_type
from exchange.interactions.search_types import search_system
from exchange.interactions.transaction import transaction
from exchange.interactions.update import update
from exchange.interactions.vread import vread
from exchange.negotiation import sent_format
from exchange.operations.closure import closure
from exchange.operations.encounter_everything import encounter_everything
from exchange.operations.everything import everything
from exchange.operations.export import export_group, export_patient, export_system
from exchange.operations.expunge import expunge
from exchange.operations.graphql import graphql
from exchange.operations.identity_changes import (
    identity_allow_link,
    identity_do_not_link,
    identity_link,
    identity_split,
    identity_undo,
    identity_unlink,
)
from exchange.operations.identity_history import identity_history
from exchange.operations.identity_review import (
    identity_decide,
    identity_escalate,
    identity_explain,
    identity_review,
    identity_skip,
)
from exchange.operations.ihe_pix import ihe_pix
from exchange.operations.import_files import import_system
from exchange.operations.lastn import lastn
from exchange.operations.local_code_sheets import retranslate, upload_mappings
from exchange.operations.local_codes import decide_codes, local_codes, propose_mappings
from exchange.operations.match import match
from exchange.operations.meta import meta, meta_add, meta_delete
from exchange.operations.meta_in_use import meta_system, meta_type
from exchange.operations.patient_merge import merge, unmerge_patient
from exchange.operations.process_message import process_message
from exchange.operations.reindex import reindex_all, reindex_parameter
from exchange.operations.terminology import (
    expand,
    find_matches,
    lookup,
    preferred_id,
    subsumes,
    translate,
    validate_batch,
    validate_code,
    validate_in_code_system,
)
from exchange.operations.validate import validate
from exchange.operations.versions import versions
from exchange.outcome import FhirError
from exchange.representation import aside

Perform = Callable[[Hub, Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Interaction:
    """`code` is the interaction's in a CapabilityStatement, or the operation's name with its `$`."""

    code: str
    method: str
    path: str
    perform: Perform


@dataclass(frozen=True, slots=True)
class Route:
    """Every method of one path."""

    segments: tuple[str, ...]
    methods: Mapping[str, Interaction]


async def system(hub: Hub, request: Request) -> Response:
    """A Bundle posted to the base says itself whether it is a batch or a transaction."""
    format_ = sent_format(request.headers.get("content-type"))
    sent = await aside(len(request.body), format_, request.read_bundle)
    match sent.envelope.get("type"):
        case "transaction":
            return await transaction(hub, request, sent, respond)
        case "batch":
            return await batch(hub, request, sent, respond)
    raise FhirError("invalid", "The base takes Bundles of type batch or transaction", "Bundle.type")


async def message(hub: Hub, request: Request) -> Response:
    """What a message changes is a transaction."""
    return await process_message(hub, request, respond)


async def capabilities(hub: Hub, request: Request) -> Response:
    """The table below, among others."""
    return await statement.capabilities(hub, request, TABLE)


async def openapi(hub: Hub, request: Request) -> Response:
    """The same table, for those who do not know FHIR."""
    return await described.openapi(hub, request, TABLE)


TABLE: Final = (
    Interaction("capabilities", "GET", "metadata", capabilities),
    Interaction("openapi", "GET", "openapi.json", openapi),
    Interaction("transaction", "POST", "", system),
    Interaction("search-system", "GET", "", search_system),
    Interaction("search-system", "POST", "_search", search_system),
    Interaction("search-type", "GET", "{type}", search_type),
    Interaction("create", "POST", "{type}", create),
    Interaction("conditional-update", "PUT", "{type}", conditional_update),
    Interaction("conditional-delete", "DELETE", "{type}", conditional_delete),
    Interaction("read", "GET", "{type}/{id}", read),
    Interaction("update", "PUT", "{type}/{id}", update),
    Interaction("patch", "PATCH", "{type}/{id}", patch),
    Interaction("conditional-patch", "PATCH", "{type}", conditional_patch),
    Interaction("delete", "DELETE", "{type}/{id}", delete),
    Interaction("search-type", "POST", "{type}/_search", search_type),
    Interaction("history-system", "GET", "_history", history_system),
    Interaction("history-type", "GET", "{type}/_history", history_type),
    Interaction("history-instance", "GET", "{type}/{id}/_history", history_instance),
    Interaction("vread", "GET", "{type}/{id}/_history/{vid}", vread),
    Interaction("search-type", "GET", "{type}/{id}/*", compartment_all),
    Interaction("search-type", "POST", "{type}/{id}/*/_search", compartment_all),
    Interaction("search-type", "POST", "{type}/{id}/_search", compartment_all),
    Interaction("search-type", "GET", "{type}/{id}/{member}", compartment_type),
    Interaction("search-type", "POST", "{type}/{id}/{member}/_search", compartment_type),
    Interaction("$everything", "GET", "Patient/{id}/$everything", everything),
    Interaction("$everything", "POST", "Patient/{id}/$everything", everything),
    Interaction("$everything", "GET", "Encounter/{id}/$everything", encounter_everything),
    Interaction("$everything", "POST", "Encounter/{id}/$everything", encounter_everything),
    Interaction("$match", "POST", "Patient/$match", match),
    Interaction("$ihe-pix", "GET", "Patient/$ihe-pix", ihe_pix),
    Interaction("$ihe-pix", "POST", "Patient/$ihe-pix", ihe_pix),
    Interaction("$merge", "POST", "Patient/$merge", merge),
    Interaction("$unmerge", "POST", "Patient/$unmerge", unmerge_patient),
    Interaction("$unmerge", "POST", "Patient/{id}/$unmerge", unmerge_patient),
    Interaction("$link", "POST", "Patient/$link", identity_link),
    Interaction("$unlink", "POST", "Patient/$unlink", identity_unlink),
    Interaction("$split", "POST", "Patient/$split", identity_split),
    Interaction("$do-not-link", "POST", "Patient/$do-not-link", identity_do_not_link),
    Interaction("$allow-link", "POST", "Patient/$allow-link", identity_allow_link),
    Interaction("$undo", "POST", "Patient/$undo", identity_undo),
    Interaction("$identity-history", "GET", "Patient/{id}/$identity-history", identity_history),
    Interaction("$identity-review", "GET", "Patient/$identity-review", identity_review),
    Interaction("$identity-explain", "GET", "Patient/$identity-explain", identity_explain),
    Interaction("$identity-decide", "POST", "Patient/$identity-decide", identity_decide),
    Interaction("$identity-skip", "POST", "Patient/$identity-skip", identity_skip),
    Interaction("$identity-escalate", "POST", "Patient/$identity-escalate", identity_escalate),
    Interaction("$export", "GET", "$export", export_system),
    Interaction("$export", "POST", "$export", export_system),
    Interaction("$export", "GET", "Patient/$export", export_patient),
    Interaction("$export", "POST", "Patient/$export", export_patient),
    Interaction("$export", "GET", "Group/{id}/$export", export_group),
    Interaction("$export", "POST", "Group/{id}/$export", export_group),
    Interaction("$lastn", "GET", "Observation/$lastn", lastn),
    Interaction("$lastn", "POST", "Observation/$lastn", lastn),
    Interaction("$meta", "GET", "$meta", meta_system),
    Interaction("$meta", "POST", "$meta", meta_system),
    Interaction("$meta", "GET", "{type}/$meta", meta_type),
    Interaction("$meta", "POST", "{type}/$meta", meta_type),
    Interaction("$meta", "GET", "{type}/{id}/$meta", meta),
    Interaction("$meta", "POST", "{type}/{id}/$meta", meta),
    Interaction("$meta", "GET", "{type}/{id}/_history/{vid}/$meta", meta),
    Interaction("$meta-add", "POST", "{type}/{id}/$meta-add", meta_add),
    Interaction("$meta-delete", "POST", "{type}/{id}/$meta-delete", meta_delete),
    Interaction("$validate", "POST", "{type}/$validate", validate),
    Interaction("$validate", "GET", "{type}/{id}/$validate", validate),
    Interaction("$validate", "POST", "{type}/{id}/$validate", validate),
    Interaction("$expunge", "POST", "$expunge", expunge),
    Interaction("$expunge", "POST", "{type}/$expunge", expunge),
    Interaction("$expunge", "POST", "{type}/{id}/$expunge", expunge),
    Interaction("$expunge", "POST", "{type}/{id}/_history/{vid}/$expunge", expunge),
    Interaction("$graphql", "GET", "$graphql", graphql),
    Interaction("$graphql", "POST", "$graphql", graphql),
    Interaction("$graphql", "GET", "{type}/{id}/$graphql", graphql),
    Interaction("$graphql", "POST", "{type}/{id}/$graphql", graphql),
    Interaction("$expand", "GET", "ValueSet/$expand", expand),
    Interaction("$expand", "POST", "ValueSet/$expand", expand),
    Interaction("$expand", "GET", "ValueSet/{id}/$expand", expand),
    Interaction("$expand", "POST", "ValueSet/{id}/$expand", expand),
    Interaction("$validate-code", "GET", "ValueSet/$validate-code", validate_code),
    Interaction("$validate-code", "POST", "ValueSet/$validate-code", validate_code),
    Interaction("$validate-code", "GET", "ValueSet/{id}/$validate-code", validate_code),
    Interaction("$validate-code", "POST", "ValueSet/{id}/$validate-code", validate_code),
    Interaction("$validate-code", "GET", "CodeSystem/$validate-code", validate_in_code_system),
    Interaction("$validate-code", "POST", "CodeSystem/$validate-code", validate_in_code_system),
    Interaction("$validate-code", "GET", "CodeSystem/{id}/$validate-code", validate_in_code_system),
    Interaction("$validate-code", "POST", "CodeSystem/{id}/$validate-code", validate_in_code_system),
    Interaction("$lookup", "GET", "CodeSystem/$lookup", lookup),
    Interaction("$lookup", "POST", "CodeSystem/$lookup", lookup),
    Interaction("$lookup", "GET", "CodeSystem/{id}/$lookup", lookup),
    Interaction("$lookup", "POST", "CodeSystem/{id}/$lookup", lookup),
    Interaction("$subsumes", "GET", "CodeSystem/$subsumes", subsumes),
    Interaction("$subsumes", "POST", "CodeSystem/$subsumes", subsumes),
    Interaction("$subsumes", "GET", "CodeSystem/{id}/$subsumes", subsumes),
    Interaction("$subsumes", "POST", "CodeSystem/{id}/$subsumes", subsumes),
    Interaction("$find-matches", "GET", "CodeSystem/$find-matches", find_matches),
    Interaction("$find-matches", "POST", "CodeSystem/$find-matches", find_matches),
    Interaction("$find-matches", "GET", "CodeSystem/{id}/$find-matches", find_matches),
    Interaction("$find-matches", "POST", "CodeSystem/{id}/$find-matches", find_matches),
    Interaction("$translate", "GET", "ConceptMap/$translate", translate),
    Interaction("$translate", "POST", "ConceptMap/$translate", translate),
    Interaction("$translate", "GET", "ConceptMap/{id}/$translate", translate),
    Interaction("$translate", "POST", "ConceptMap/{id}/$translate", translate),
    Interaction("$local-codes", "GET", "CodeSystem/$local-codes", local_codes),
    Interaction("$local-codes", "POST", "CodeSystem/$local-codes", local_codes),
    Interaction("$propose-mappings", "GET", "CodeSystem/$propose-mappings", propose_mappings),
    Interaction("$propose-mappings", "POST", "CodeSystem/$propose-mappings", propose_mappings),
    Interaction("$decide-codes", "POST", "CodeSystem/$decide-codes", decide_codes),
    Interaction("$upload-mappings", "POST", "ConceptMap/$upload-mappings", upload_mappings),
    Interaction("$retranslate", "POST", "ConceptMap/$retranslate", retranslate),
    Interaction("$batch-validate-code", "POST", "ValueSet/$batch-validate-code", validate_batch),
    Interaction("$closure", "POST", "$closure", closure),
    Interaction("$preferred-id", "GET", "NamingSystem/$preferred-id", preferred_id),
    Interaction("$preferred-id", "POST", "NamingSystem/$preferred-id", preferred_id),
    Interaction("$versions", "GET", "$versions", versions),
    Interaction("$versions", "POST", "$versions", versions),
    Interaction("$process-message", "POST", "$process-message", message),
    Interaction("$import", "POST", "$import", import_system),
    Interaction("$reindex", "POST", "$reindex", reindex_all),
    Interaction("$reindex", "POST", "SearchParameter/{id}/$reindex", reindex_parameter),
    Interaction("job-status", "GET", "$job/{job}", job_status),
    Interaction("job-cancel", "DELETE", "$job/{job}", job_cancel),
)


def find(method: str, path: str, types: Collection[str]) -> tuple[Interaction, dict[str, str]]:
    """The interaction, and what the path names; HEAD is a GET. `path` is what follows the base."""
    segments = tuple(path.strip("/").split("/"))
    for route in _ROUTES.get(len(segments), ()):
        named = _named(route.segments, segments)
        if named is None:
            continue
        if named.get("type", "Patient") not in types:
            raise FhirError("unknown-type", f"R4 has no resource type {named['type'][:64]}")
        interaction = route.methods.get("GET" if method == "HEAD" else method)
        if interaction is None:
            allowed = ", ".join(_allowed(route.methods))
            raise FhirError("method", f"This takes {allowed}", headers=(("Allow", allowed),))
        return interaction, named
    raise FhirError("unknown-path", "There is nothing under this path")


async def respond(hub: Hub, path: str, request: Request) -> Response:
    """The answer of the interaction under `path` to a request that does not know yet what its path names."""
    interaction, named = find(request.method, path, hub.definitions.resource_types)
    return await interaction.perform(hub, replace(request, path=named))


def _named(template: tuple[str, ...], segments: tuple[str, ...]) -> dict[str, str] | None:
    named: dict[str, str] = {}
    for expected, segment in zip(template, segments, strict=True):
        if expected[:1] == "{" and segment[:1] not in _RESERVED:
            named[expected[1:-1]] = segment
        elif expected != segment:
            return None
    return named


def _allowed(methods: Collection[str]) -> list[str]:
    return sorted({*methods, "HEAD"} if "GET" in methods else methods)


def _routes() -> dict[int, tuple[Route, ...]]:
    paths: dict[str, dict[str, Interaction]] = {}
    for interaction in TABLE:
        paths.setdefault(interaction.path, {})[interaction.method] = interaction
    routes = [Route(tuple(path.split("/")), methods) for path, methods in paths.items()]
    lengths = {len(route.segments) for route in routes}
    return {length: tuple(r for r in routes if len(r.segments) == length) for length in lengths}


_RESERVED: Final = ("", "_", "$", ".")
_ROUTES: Final = _routes()
