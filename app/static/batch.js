// Classifies a file and shows how many of its texts are done; without scripts the form just downloads.

const form = document.querySelector("[data-batch]");
const box = form.querySelector("[data-batch-progress]");
const bar = form.querySelector("[data-batch-bar]");
const words = form.querySelector("[data-batch-words]");
const button = form.querySelector("button");

function save(parts, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type: "text/csv" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function receive(answer) {
  const rows = Number(answer.headers.get("Forethought-Rows"));
  const parts = [];
  // A label may hold a line break between quotation marks; the bar forgives that.
  let done = -1;
  bar.max = Math.max(1, rows);
  for (const reader = answer.body.getReader(); ; ) {
    const { done: over, value } = await reader.read();
    if (over) break;
    parts.push(value);
    for (const byte of value) if (byte === 10) done += 1;
    bar.value = Math.max(0, Math.min(done, rows));
    words.textContent = `${bar.value.toLocaleString("en")} of ${rows.toLocaleString("en")} texts classified`;
  }
  const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "");
  save(parts, name ? name[1] : "predictions.csv");
  words.textContent = `${rows.toLocaleString("en")} texts classified; the file is among your downloads.`;
}

async function send() {
  const answer = await fetch(form.action, {
    method: "POST",
    body: new FormData(form),
    headers: { accept: "application/json" },
  });
  if (answer.ok) return receive(answer);
  const problem = await answer.json();
  throw new Error(problem.detail ?? problem.title);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  box.hidden = false;
  bar.removeAttribute("value");
  words.textContent = "Sending…";
  button.disabled = true;
  try {
    await send();
  } catch (error) {
    bar.value = 0;
    words.textContent = error instanceof TypeError ? "The connection broke off; try again." : error.message;
  } finally {
    button.disabled = false;
  }
});
