// Asks again while the slider moves, and puts the new answer in the place of the old one.

const form = document.querySelector("[data-trade]");
const WAIT = 120;

let waiting;
let asking;

async function ask() {
  clearTimeout(waiting);
  asking?.abort();
  asking = new AbortController();
  const parts = document.querySelectorAll("[data-live]");
  for (const part of parts) part.ariaBusy = "true";
  try {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.action, { method: "POST", body, signal: asking.signal });
    if (!answer.ok) return form.submit();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of parts) {
      part.replaceChildren(...page.getElementById(part.id).childNodes);
      part.ariaBusy = "false";
      part.dispatchEvent(new CustomEvent("swapped", { bubbles: true }));
    }
    history.replaceState(null, "", answer.url);
  } catch (error) {
    if (error.name !== "AbortError") form.submit();
  }
}

if (form) {
  form.querySelector("[data-trade-button]").hidden = true;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    if (form.checkValidity()) waiting = setTimeout(ask, WAIT);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
}
