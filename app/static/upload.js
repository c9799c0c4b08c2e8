// Turns the plain upload form into one that drops, shows progress, survives a cut connection and can be cancelled.

import { unfinished } from "./upload_notes.js";
import { sendInParts } from "./upload_parts.js";
import { megabytes, speedometer } from "./upload_speed.js";

const form = document.querySelector("[data-upload]");
const file = form.querySelector("input[type=file]");
const box = form.querySelector("[data-upload-progress]");
const bar = box.querySelector("progress");
const status = form.querySelector("[data-upload-status]");
const problem = form.querySelector("[data-upload-error]");
const button = form.querySelector("[data-upload-button]");
const resume = form.querySelector("[data-upload-resume]");
const limit = Number(form.dataset.maxBytes);
let underWay = null;

function show(message) {
  problem.textContent = message;
  problem.hidden = !message;
}

function rest() {
  underWay = null;
  box.hidden = true;
  button.hidden = false;
  file.disabled = false;
}

function fail(message) {
  rest();
  show(message);
  file.focus();
}

function listener(chosen, signal) {
  const speed = speedometer();
  return {
    signal,
    progress(bytes) {
      const isThere = bytes >= chosen.size;
      if (isThere) bar.removeAttribute("value");
      else bar.value = (100 * bytes) / chosen.size;
      status.textContent = isThere
        ? "Uploaded. Reading the first rows…"
        : `${megabytes(bytes)} of ${megabytes(chosen.size)} uploaded${speed(bytes)}`;
    },
    waiting: (seconds) => (status.textContent = `Connection lost, trying again in ${seconds} s. What arrived is kept.`),
  };
}

async function send(chosen) {
  if (underWay || !chosen) return;
  show("");
  resume.hidden = true;
  if (chosen.size > limit) {
    fail(`The file has ${megabytes(chosen.size)}; at most ${megabytes(limit)} can be uploaded.`);
    return;
  }
  [box.hidden, button.hidden, file.disabled] = [false, true, true];
  bar.value = 0;
  status.textContent = "Starting…";
  underWay = new AbortController();
  try {
    const upload = await sendInParts(chosen, form.dataset.upload, listener(chosen, underWay.signal));
    location.assign(`/uploads/${upload.id}`);
  } catch (error) {
    fail(error.name === "AbortError" ? "Cancelled; nothing was kept." : error.message);
  }
}

const stopped = unfinished();
if (stopped) {
  const share = Math.floor((100 * stopped.offset) / stopped.size);
  resume.textContent = `The upload of ${stopped.name} stopped at ${share} %. Choose the same file to go on there.`;
  resume.hidden = false;
}

form.querySelector("[data-scripted]").hidden = false;
form.querySelector("[data-upload-cancel]").addEventListener("click", () => underWay?.abort());
form.addEventListener("submit", (event) => {
  event.preventDefault();
  send(file.files[0]);
});
file.addEventListener("change", () => send(file.files[0]));
for (const kind of ["dragover", "dragleave", "drop"]) {
  form.addEventListener(kind, (event) => {
    event.preventDefault();
    form.classList.toggle("is-over", kind === "dragover");
    if (kind === "drop") send(event.dataTransfer.files[0]);
  });
}
window.addEventListener("pageshow", (event) => event.persisted && rest());
