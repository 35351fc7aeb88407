"""FHIR XML to the values that FHIR JSON gives, and back.

https://hl7.org/fhir/R4/xml.html
"""

from exchange.xml.read import UnreadableXml, loads
from exchange.xml.write import UnwritableXml, dumps

__all__ = ["UnreadableXml", "UnwritableXml", "dumps", "loads"]
