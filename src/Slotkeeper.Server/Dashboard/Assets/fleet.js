// The heat map: counts ages on by itself, takes over what the server says has changed, and shows the facts of the cell somebody points at.
(() => {
  const heat = document.getElementById("heat");
  if (!heat) return;
  const cells = [...heat.querySelectorAll(".cells i")];
  const places = new Map();
  cells.forEach((cell, at) => { const id = cell.dataset.c; places.has(id) ? places.get(id).push(at) : places.set(id, [at]); });
  const since = cells.map((cell) => Number(cell.dataset.t));
  const shown = cells.map((cell) => cell.className);
  // The server's clock, not this machine's.
  const skew = Number(heat.dataset.now) - performance.timeOrigin / 1000 - performance.now() / 1000;
  const now = () => performance.timeOrigin / 1000 + performance.now() / 1000 + skew;
  const classOf = (t, at) => (t === 0 ? "a4" : at - t <= 60 ? "a0" : at - t <= 120 ? "a1" : at - t <= 900 ? "a2" : "a3");

  function draw(at, index) {
    const next = classOf(since[index], at);
    if (next === shown[index]) return;
    cells[index].classList.replace(shown[index], next);
    shown[index] = next;
  }

  setInterval(() => { const at = now(); for (let i = 0; i < cells.length; i++) draw(at, i); }, 5000);

  document.addEventListener("cells", (event) => {
    const at = now();
    for (const [id, success, mark] of JSON.parse(event.detail.data)) {
      for (const index of places.get(id) ?? []) {
        since[index] = success;
        if (mark) cells[index].dataset.e = mark; else delete cells[index].dataset.e;
        draw(at, index);
      }
    }
  });
  // Calendars were added or taken away: the map is drawn anew where nobody is in the middle of something.
  document.addEventListener("others", () => location.reload());

  const facts = document.getElementById("fleet-facts");
  let asked = null;
  let waiting = 0;
  function tell(cell) {
    if (!cell || asked === cell) return;
    asked = cell;
    heat.querySelector(".here")?.classList.remove("here");
    cell.classList.add("here");
    clearTimeout(waiting);
    waiting = setTimeout(() => htmx.ajax("GET", `/dashboard/fleet/facts?calendar=${encodeURIComponent(cell.dataset.c)}`, { target: facts, swap: "innerHTML" }), 120);
  }
  const cellOf = (target) => target.closest?.(".cells i");
  heat.addEventListener("pointerover", (event) => tell(cellOf(event.target)));
  heat.addEventListener("click", (event) => { const cell = cellOf(event.target); if (cell) location.assign(`/dashboard/calendars/${cell.dataset.c}`); });
  heat.addEventListener("keydown", (event) => {
    const group = event.target.closest(".cells");
    if (!group) return;
    const own = [...group.children];
    const at = own.indexOf(group.querySelector(".here"));
    const perRow = Math.max(1, Math.floor((group.clientWidth - 4) / (own[0].offsetWidth + parseInt(getComputedStyle(group).columnGap, 10))));
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: perRow, ArrowUp: -perRow, Home: -Infinity, End: Infinity }[event.key];
    if (event.key === "Enter" && at >= 0) location.assign(`/dashboard/calendars/${own[at].dataset.c}`);
    if (step === undefined) return;
    event.preventDefault();
    tell(own[Math.min(own.length - 1, Math.max(0, at < 0 ? 0 : at + step))]);
  });
})();
