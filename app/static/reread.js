// Reads the file again as soon as a person chooses another column or format.

const button = document.querySelector("[data-reread-button]");

button.hidden = document.querySelector("[data-go]") !== null;
for (const select of document.querySelectorAll("[data-reread]")) {
  select.addEventListener("change", () => {
    sessionStorage.setItem("focus", select.id);
    button.hidden = false;
    button.form.requestSubmit(button);
  });
}

const last = sessionStorage.getItem("focus");
if (last) {
  sessionStorage.removeItem("focus");
  document.getElementById(last)?.focus();
}
