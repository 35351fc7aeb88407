"""`yilian translate`: what a source becomes, without storing it; one JSON line a source."""

from pathlib import Path
from typing import Annotated

import typer

from exchange.commands.connected import from_environment
from exchange.commands.ending import FINDINGS
from exchange.commands.refused import Refused

HL7V2 = "hl7v2"
FORMS = (HL7V2, "cda", "hl7v3", "local", "table")


def translate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Each with one message or more.")],
    form: Annotated[
        str,
        typer.Option(
            "--from", "--as", help=f"What the files hold ({', '.join(FORMS)}); by default told by them."
        ),
    ] = "",
    hospital: Annotated[
        str | None, typer.Option(help="Id of the sending hospital, whatever the messages say.")
    ] = None,
    fields: Annotated[
        bool, typer.Option("--fields", help="Also which fields were mapped, ignored (and why) or left over.")
    ] = False,
) -> None:
    """Translate files to FHIR: a line of JSON with bundle, issues and coverage for each message."""
    if form and form not in FORMS:
        raise Refused(f"--from {form} is unknown; supported: {', '.join(FORMS)}")
    from exchange.commands import translating  # the maps are compiled for this command only
    from exchange.fhirjson import dumps

    rules = translating.translation_rules(from_environment(), hospital)
    found = False
    for path in files:
        if not path.is_file():
            raise Refused(f"{path} is no file")
        for source, raw in translating.sources_of(path, form):
            translation = translating.translated(rules, raw, form)
            found |= any(issue.severity in ("error", "fatal") for issue in translation.issues)
            told = translating.line(source, translation)
            typer.echo(dumps(told | translating.fields_told(translation) if fields else told))
    if found:
        raise typer.Exit(FINDINGS)
