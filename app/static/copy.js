// Copies the lines beside a button; where the browser forbids that, the button stays away.

for (const box of navigator.clipboard ? document.querySelectorAll("[data-copy]") : []) {
  const button = box.querySelector("[data-copy-button]");

  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(box.querySelector("pre").textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select the lines and copy them";
    }
    setTimeout(() => (button.textContent = "Copy"), 3000);
  });
}
