// Drives a hub with fhir-kit-client: node drive.mjs <base> <token>. Ends with 0 if all went as it should.
import assert from "node:assert/strict";
import { Client } from "fhir-kit-client";

const [base, token] = process.argv.slice(2);
const fhir = new Client({ baseUrl: base, bearerToken: token });

async function status(promise) {
  try {
    await promise;
    return 200;
  } catch (error) {
    return error.response.status;
  }
}

async function capabilities() {
  const statement = await fhir.capabilityStatement();
  assert.equal(statement.fhirVersion, "4.0.1");
}

async function createReadUpdateDelete() {
  const made = await fhir.create({
    resourceType: "Patient",
    body: { resourceType: "Patient", name: [{ text: "王小明" }], active: true },
  });
  const id = made.id;
  assert.deepEqual(await fhir.read({ resourceType: "Patient", id }), made);
  await fhir.update({ resourceType: "Patient", id, body: { ...made, birthDate: "1990-05-01" } });
  const second = await fhir.vread({ resourceType: "Patient", id, version: "2" });
  assert.equal(second.birthDate, "1990-05-01");
  const history = await fhir.history({ resourceType: "Patient", id });
  assert.equal(history.total, 2);
  await fhir.delete({ resourceType: "Patient", id });
  assert.equal(await status(fhir.read({ resourceType: "Patient", id })), 410);
}

async function patch() {
  const made = await fhir.create({
    resourceType: "Patient",
    body: { resourceType: "Patient", name: [{ text: "王小明" }], active: true },
  });
  const jsonPatch = [
    { op: "test", path: "/active", value: true },
    { op: "replace", path: "/active", value: false },
    { op: "add", path: "/name/-", value: { text: "小王" } },
  ];
  const patched = await fhir.patch({ resourceType: "Patient", id: made.id, jsonPatch });
  assert.equal(patched.active, false);
  assert.equal(patched.name.length, 2);
  assert.equal(patched.meta.versionId, "2");
}

async function transaction() {
  const patient = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a";
  const observations = Array.from({ length: 25 }, (_, n) => ({
    resource: {
      resourceType: "Observation",
      status: "final",
      code: { coding: [{ system: "http://loinc.org", code: "718-7" }] },
      subject: { reference: patient },
      effectiveDateTime: `2024-05-${String(n + 1).padStart(2, "0")}`,
      valueQuantity: { value: n, unit: "g/L" },
    },
    request: { method: "POST", url: "Observation" },
  }));
  const answer = await fhir.transaction({
    body: {
      resourceType: "Bundle",
      type: "transaction",
      entry: [
        {
          fullUrl: patient,
          resource: { resourceType: "Patient", name: [{ text: "李四" }] },
          request: { method: "POST", url: "Patient" },
        },
        ...observations,
      ],
    },
  });
  assert.ok(answer.entry.every((entry) => entry.response.status.startsWith("201")));
  return answer.entry[0].response.location.split("/_history")[0].split("/").slice(-2).join("/");
}

async function searchWithPaging(subject) {
  const searchParams = { subject, code: "http://loinc.org|718-7", _sort: "-date", _count: 10 };
  let bundle = await fhir.search({ resourceType: "Observation", searchParams });
  const values = [];
  let pages = 0;
  while (bundle) {
    pages += 1;
    values.push(...(bundle.entry ?? []).map((entry) => entry.resource.valueQuantity.value));
    bundle = await fhir.nextPage({ bundle });
  }
  assert.equal(pages, 3);
  assert.deepEqual(values, Array.from({ length: 25 }, (_, n) => 24 - n));
  const compartment = { resourceType: "Patient", id: subject.split("/")[1] };
  const within = await fhir.search({ resourceType: "Observation", compartment, searchParams: { _count: 1 } });
  assert.equal(within.entry.length, 1);
  const posted = await fhir.search({
    resourceType: "Observation",
    searchParams: { subject, _summary: "count" },
    options: { postSearch: true },
  });
  assert.equal(posted.total, 25);
}

async function batchAndOperation(subject) {
  const answer = await fhir.batch({
    body: {
      resourceType: "Bundle",
      type: "batch",
      entry: [
        { request: { method: "GET", url: subject } },
        { request: { method: "GET", url: "Patient/none" } },
      ],
    },
  });
  assert.deepEqual(answer.entry.map((entry) => entry.response.status.slice(0, 3)), ["200", "404"]);
  const id = subject.split("/")[1];
  const record = await fhir.operation({ name: "$everything", resourceType: "Patient", id, method: "GET" });
  assert.equal(record.entry.length, 26);
}

async function refusals() {
  const wrong = { resourceType: "Patient", gender: "no such" };
  assert.equal(await status(fhir.create({ resourceType: "Patient", body: wrong })), 422);
  const stranger = new Client({ baseUrl: base, bearerToken: "x" });
  assert.equal(await status(stranger.read({ resourceType: "Patient", id: "1" })), 401);
}

await capabilities();
await createReadUpdateDelete();
await patch();
const subject = await transaction();
await searchWithPaging(subject);
await batchAndOperation(subject);
await refusals();
