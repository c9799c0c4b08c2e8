// Shows that a submitted form is being worked on, and keeps it from being sent twice.

function watch(part) {
  for (const form of part.querySelectorAll("form[data-busy]")) {
    const box = form.querySelector("[data-busy-progress]");
    const buttons = form.querySelectorAll("button");

    form.addEventListener("submit", (event) => {
      if (event.submitter?.formMethod === "get") return;
      // After this turn: a button that is disabled now would not be sent with the form.
      setTimeout(() => {
        for (const button of buttons) button.disabled = true;
        if (!box) return;
        box.hidden = false;
        box.querySelector("[data-busy-status]").textContent = form.dataset.busy;
      });
    });

    window.addEventListener("pageshow", () => {
      for (const button of buttons) button.disabled = false;
      if (box) box.hidden = true;
    });
  }
}

watch(document);
// Parts of a page that came anew hold new forms.
document.addEventListener("swapped", (event) => watch(event.target));
