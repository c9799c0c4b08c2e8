// Renews the live part of a page when a job's progress brings something new to draw.

const card = document.querySelector("[data-job]");
let drawn = 0;

async function renew() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
  const old = card.querySelector("[data-live]");
  // A person who stands on a button stays there.
  if (!fresh || !old || old.contains(document.activeElement)) return;
  old.replaceWith(fresh);
}

card.addEventListener("job-progress", (event) => {
  const points = event.detail.curve?.length ?? 0;
  if (points > drawn) {
    drawn = points;
    renew();
  }
});
