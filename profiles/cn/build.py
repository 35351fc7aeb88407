"""Write the hub's own package, with snapshots.

python -m profiles.cn.build yilian.fhir.cn.tgz
"""

import sys
from pathlib import Path
from typing import Any

from profiles.cn.package import manifest, own_package, own_resources
from profiles.definitions import definitions
from profiles.generate import ENCODER, INDEXED, archive


def built() -> dict[str, bytes]:
    """The files of the package by name; the same sources give the same bytes."""
    canonicals = definitions().canonicals.and_packages(own_package())
    resources = [canonicals.structure(one["url"]) or one for one in own_resources()]
    files = {f"{one['resourceType']}-{one['id']}.json": one for one in resources}
    index = {"index-version": 1, "files": [_listed(name, one) for name, one in files.items()]}
    written: dict[str, Any] = {"package.json": manifest(), ".index.json": index, **files}
    return {name: ENCODER.encode(content) for name, content in written.items()}


def _listed(name: str, resource: dict[str, Any]) -> dict[str, Any]:
    return {"filename": name, **{key: resource[key] for key in INDEXED if key in resource}}


def main(target: str) -> None:
    Path(target).write_bytes(archive(built()))


if __name__ == "__main__":
    main(*sys.argv[1:])
