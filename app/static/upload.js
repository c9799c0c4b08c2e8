// Turns the plain upload form into one that drops, shows progress and can be cancelled.

const form = document.querySelector("[data-upload]");
const file = form.querySelector("input[type=file]");
const box = form.querySelector("[data-upload-progress]");
const bar = box.querySelector("progress");
const status = form.querySelector("[data-upload-status]");
const problem = form.querySelector("[data-upload-error]");
const button = form.querySelector("[data-upload-button]");
const limit = Number(form.dataset.maxBytes);
let request = null;

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

function show(message) {
  problem.textContent = message;
  problem.hidden = !message;
}

function rest() {
  request = null;
  box.hidden = true;
  button.hidden = false;
  file.disabled = false;
}

function fail(message) {
  rest();
  show(message);
  file.focus();
}

function answer() {
  let document_ = {};
  try {
    document_ = JSON.parse(request.responseText);
  } catch {
    // Not from this program: the sentence below is all there is to say.
  }
  if (request.status === 201) {
    status.textContent = "Uploaded. Reading the first rows…";
    location.assign(`/uploads/${document_.id}`);
  } else {
    fail(document_.detail ?? `The server answered ${request.status}; try again in a moment.`);
  }
}

function progress(event) {
  bar.value = (100 * event.loaded) / event.total;
  status.textContent =
    event.loaded < event.total
      ? `${megabytes(event.loaded)} of ${megabytes(event.total)} uploaded`
      : "Uploaded. Reading the first rows…";
  if (event.loaded === event.total) bar.removeAttribute("value");
}

function send(chosen) {
  if (request || !chosen) return;
  show("");
  if (chosen.size > limit) {
    fail(`The file has ${megabytes(chosen.size)}; at most ${megabytes(limit)} can be uploaded.`);
    return;
  }
  box.hidden = false;
  button.hidden = true;
  file.disabled = true;
  bar.value = 0;
  status.textContent = "Starting…";
  request = new XMLHttpRequest();
  request.open("PUT", `${form.dataset.upload}?filename=${encodeURIComponent(chosen.name)}`);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.upload.addEventListener("progress", progress);
  request.addEventListener("load", answer);
  request.addEventListener("error", () => fail("The connection broke off; nothing was kept. Try again."));
  request.addEventListener("abort", () => fail("Cancelled; nothing was kept."));
  request.send(chosen);
}

form.querySelector("[data-scripted]").hidden = false;
form.querySelector("[data-upload-cancel]").addEventListener("click", () => request?.abort());
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
window.addEventListener("pageshow", rest);
