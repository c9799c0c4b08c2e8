// Follows a job by server-sent events, or by asking each second where events do not arrive.

const card = document.querySelector("[data-job]");
const bar = card.querySelector("[data-job-bar]");
const words = card.querySelector("[data-job-words]");
const address = `/api/v1/jobs/${card.dataset.job}`;
const ended = new Set(["finished", "failed", "cancelled"]);

function show(job) {
  if (ended.has(job.state)) {
    location.reload();
    return true;
  }
  if (job.percent === null) bar.removeAttribute("value");
  else bar.value = job.percent;
  if (words.textContent !== job.words) words.textContent = job.words;
  return false;
}

async function ask() {
  try {
    const answer = await fetch(address, { cache: "no-store" });
    if (answer.ok && show(await answer.json())) return;
  } catch {
    words.textContent = "The server does not answer; asking again…";
  }
  setTimeout(ask, 1000);
}

const source = new EventSource(`${address}/events`);
source.addEventListener("job", (event) => {
  if (show(JSON.parse(event.data))) source.close();
});
source.addEventListener("progress", (event) => {
  card.dispatchEvent(new CustomEvent("job-progress", { detail: JSON.parse(event.data) }));
});
source.addEventListener("error", () => {
  source.close();
  ask();
});
