"""SOAP 1.1 and 1.2 around a v3 message: what is inside, and the envelope and the faults of an answer.

https://www.w3.org/TR/soap12-part1/ https://www.w3.org/TR/2000/NOTE-SOAP-20000508/

Platforms carry the message as an element of the body, or as text: escaped or CDATA, beside the name of the
service.
"""

import re
from dataclasses import dataclass
from html import escape
from typing import Final

from adapters.trees.element import Document, Element
from adapters.trees.parse import Tree, XmlError, parse
from adapters.v3.interaction import is_interaction

SOAP_1_1: Final = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_1_2: Final = "http://www.w3.org/2003/05/soap-envelope"
_NAMING = ("action", "service", "serviceName", "message_type", "method", "Action", "arg0", "ServiceName")
_SERVICE = re.compile(r"[A-Z]\w+(?:Register|Add|Update|Merge|Query|Access|Retrieve)")
_SCHEME = re.compile(r'^"?(?:[^"]*[:/#])?|"$')


@dataclass(frozen=True, slots=True)
class Request:
    """A message out of its envelope: `soap` is the envelope's namespace, "" for a bare message; `wrapper` the
    operation element around it; `service` the name that was called."""

    tree: Tree
    soap: str
    wrapper: str
    service: str


def unwrapped(tree: Tree) -> Request | None:
    """The message in a document; None if there is none. Some platforms have an envelope of their own."""
    if is_interaction(tree.root.name):
        return Request(tree, "", "", "")
    soap = tree.namespace if tree.root.name == "Envelope" else ""
    if tree.root.name == "ClinicalDocument" or (soap and soap not in (SOAP_1_1, SOAP_1_2)):
        return None
    body = tree.root.first("Body") if soap else tree.root
    found = _message(body) if body is not None else None
    if found is None:
        return None
    inner, wrapper = found
    return Request(inner, soap, wrapper if soap else "", _service(tree.root, wrapper))


def enveloped(tree: Tree) -> Tree | None:
    """Only the message."""
    request = unwrapped(tree)
    return request.tree if request is not None else None


def _message(body: Element) -> tuple[Tree, str] | None:
    for element in body.walk():
        if is_interaction(element.name):
            around = element.parent.name if element.parent not in (None, body) else ""
            element.parent = None
            return Tree(element, "urn:hl7-org:v3", _own_leaves(element)), around
        text = element.peek("")
        if text.startswith("<") and len(text) > 20:
            try:
                inner = parse(text.encode(), "utf-8")  # whatever its own heading says
            except XmlError:
                continue
            if is_interaction(inner.root.name):
                return inner, _operation(element, body)
    return None


def _operation(element: Element, body: Element) -> str:
    """The element of the body that the text stands in."""
    while element.parent is not None and element.parent is not body:
        element = element.parent
    return element.name


def _own_leaves(root: Element) -> Document:
    """A document of the message alone, so that the envelope counts as none of its leaves."""
    document = Document()
    for element in root.walk():
        element.document = document
        element.leaves = {
            name: document.leaf(element, name, value) for name, (_, value) in element.leaves.items()
        }
    return document


def _service(envelope: Element, wrapper: str) -> str:
    """The service's name: in a parameter beside the message, the operation's, or WS-Addressing's action;
    what is called as services are goes before what every message of a platform says."""
    named = (_SCHEME.sub("", each.peek("").strip()) for each in envelope.walk() if each.name in _NAMING)
    told = [name for name in (*named, wrapper) if name and "<" not in name and len(name) < 100]
    return next((name for name in told if _SERVICE.fullmatch(name)), told[0] if told else "")


def service_of(action: str) -> str:
    """The service that a `SOAPAction` names; "" if it names none."""
    name = _SCHEME.sub("", action.strip())
    return name if _SERVICE.fullmatch(name) else ""


def answered(message: str, soap: str, wrapper: str = "") -> str:
    """An answer in the envelope that the request came in; text stays text."""
    if not soap:
        return message
    bare = message.partition("?>")[2] if message.startswith("<?xml") else message
    inner = f"<{wrapper}Response><return>{escape(message)}</return></{wrapper}Response>" if wrapper else bare
    return f'<soap:Envelope xmlns:soap="{soap}"><soap:Body>{inner}</soap:Body></soap:Envelope>'


def fault(soap: str, text: str) -> str:
    """The sender's fault: what came is no message."""
    said = escape(text)
    if soap == SOAP_1_2:
        inner = (
            "<soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value></soap:Code><soap:Reason>"
            f'<soap:Text xml:lang="en">{said}</soap:Text></soap:Reason></soap:Fault>'
        )
    else:
        inner = (
            f"<soap:Fault><faultcode>soap:Client</faultcode><faultstring>{said}</faultstring></soap:Fault>"
        )
    return f'<soap:Envelope xmlns:soap="{soap or SOAP_1_1}"><soap:Body>{inner}</soap:Body></soap:Envelope>'
