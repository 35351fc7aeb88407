"""A resource with the changes that a patch document describes. https://hl7.org/fhir/R4/http.html#patch"""

from exchange.patch.patched import PATCH_FORMATS, patched

__all__ = ["PATCH_FORMATS", "patched"]
