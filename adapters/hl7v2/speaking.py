"""What MSH says of the interface that a message came through, and by which character set it is to be read."""

from collections.abc import Sequence

from adapters.hl7v2.charset import codec_named, declared
from adapters.hospitals.hospital import Hospital
from adapters.hospitals.level import V2, Said


def said_by(fields: Sequence[str], channel: str) -> Said:
    """Of a message whose MSH-n is `fields[n]`."""
    kind, event, *_ = [*_components(fields, 9), ""]
    return Said(
        form=V2,
        application=_components(fields, 3)[0],
        version=_components(fields, 12)[0],
        type=f"{kind}^{event}".rstrip("^"),
        channel=channel,
    )


def charset_for(raw: bytes, hospital: Hospital) -> str | None:
    """The charset that overrides MSH-18, or that a sender's own name for one means; None: MSH-18 as it is."""
    if hospital.msh18 != "believed" and hospital.charset:
        return hospital.charset
    if not (hospital.charset or hospital.charsets):
        return None
    name = declared(raw)
    meant = hospital.charsets.get(name.casefold())
    if meant is not None:
        return meant
    return None if name and codec_named(name) else hospital.charset


def _components(fields: Sequence[str], number: int) -> list[str]:
    said = fields[number] if number < len(fields) else ""
    signs = fields[2] if len(fields) > 2 else ""
    return [part.strip() for part in said.split(signs[:1] or "^")]
