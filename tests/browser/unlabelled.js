// Controls and pictures that have no name for those who cannot see them.
() => {
  const all = "input:not([type=hidden]), select, textarea, button, a, progress, [role=img], [role=region]";
  return [...document.querySelectorAll(all)]
    .filter((element) => element.checkVisibility())
    .filter((element) => {
      const named = element.labels?.length || element.ariaLabel || element.getAttribute("aria-labelledby");
      return !(named || element.textContent.trim());
    })
    .map((element) => element.outerHTML.slice(0, 100));
}
