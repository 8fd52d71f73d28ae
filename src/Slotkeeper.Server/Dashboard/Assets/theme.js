// Runs before the page is drawn, so that it never flashes in the other colours.
(() => {
  const chosen = localStorage.getItem("slotkeeper-theme");
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.setAttribute("data-bs-theme", dark ? "dark" : "light");
})();
