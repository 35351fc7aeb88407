"""Validation of texts and of what is stored. https://hl7.org/fhir/R4/validation.html"""
