"""HEAD wherever GET is: the same answer without its body."""

import httpx

PATHS = (
    "metadata",
    "",
    "?_type=Patient&_count=1",
    "_history",
    "Patient",
    "Patient?name=x",
    "Patient/p",
    "Patient/p/_history",
    "Patient/p/_history/1",
    "Patient/_history",
    "Patient/p/*",
    "Patient/p/Observation",
    "Patient/p/$everything",
    "Patient/gone",
    "Patient/never",
    "Nothing/1",
)
SAME = ("etag", "last-modified", "content-type", "content-length", "location")


async def test_head_is_get_without_a_body(client: httpx.AsyncClient) -> None:
    await client.put("Patient/p", json={"resourceType": "Patient", "id": "p"})
    await client.put("Patient/gone", json={"resourceType": "Patient", "id": "gone"})
    await client.delete("Patient/gone")
    for path in PATHS:
        got, head = await client.get(path), await client.head(path)
        assert (head.status_code, head.content) == (got.status_code, b""), path
        for name in SAME:
            assert head.headers.get(name) == got.headers.get(name), (path, name)
