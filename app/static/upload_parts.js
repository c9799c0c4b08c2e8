// Sends a file in parts, and goes on where it was after a lost connection or a reload of the page.

import { forget, note, noted } from "./upload_notes.js";
import { ask, patiently, pause, Refused, WORTH_ANOTHER_TRY } from "./upload_requests.js";

const PART_BYTES = 8_000_000;

async function begin(told, file, address) {
  const body = JSON.stringify({ filename: file.name, bytes: file.size });
  const headers = { "Content-Type": "application/json" };
  const id = JSON.parse((await patiently(told, "POST", address, { headers, body })).responseText).id;
  note(file, id, 0);
  return id;
}

async function sendFrom(told, file, address, offset) {
  let begun = offset;
  for (let failures = 0; ; ) {
    const answer = await ask(told, "PATCH", address, {
      headers: { "Content-Type": "application/partial-upload", "Upload-Offset": begun },
      body: file.slice(begun, begun + PART_BYTES),
      sent: (bytes) => told.progress(Math.min(begun + bytes, file.size)),
    });
    if (answer.status === 201) return answer;
    if (answer.status === 204) {
      failures = 0;
      begun = Number(answer.getResponseHeader("Upload-Offset"));
      told.progress(begun);
      note(file, address.split("/").pop(), begun);
      continue;
    }
    if (!WORTH_ANOTHER_TRY.has(answer.status)) throw new Refused(answer);
    await pause(told, failures);
    failures += 1;
    const head = await patiently(told, "HEAD", address);
    if (head.getResponseHeader("Upload-Complete") === "?1") return patiently(told, "GET", address);
    begun = Number(head.getResponseHeader("Upload-Offset"));
  }
}

// Where an upload that was noted before is, or null if there is nothing to go on with.
async function found(told, file, address) {
  const known = noted(file);
  if (!known) return null;
  const head = await ask(told, "HEAD", `${address}/${known.id}`);
  if (head.getResponseHeader("Upload-Complete") !== "?0") return null;
  return { id: known.id, offset: Number(head.getResponseHeader("Upload-Offset")) };
}

// What the server says of the upload once all of the file is there. `told` hears of progress and of waiting.
export async function sendInParts(file, address, told) {
  const { id, offset } = (await found(told, file, address)) ?? { id: await begin(told, file, address), offset: 0 };
  try {
    const answer = await sendFrom(told, file, `${address}/${id}`, offset);
    forget(file);
    return JSON.parse(answer.responseText);
  } catch (error) {
    if (told.signal.aborted) fetch(`${address}/${id}`, { method: "DELETE" }).catch(() => {});
    if (error.status !== 507) forget(file);
    throw error;
  }
}
