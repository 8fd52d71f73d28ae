// The import page: a dry run first; what it says is shown before anything can be written.
addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("import");
  if (!form) return;
  const mostShown = 500;
  const [text, file, format, agency] = ["import-text", "file", "format", "agencyId"].map((id) => document.getElementById(id));
  const [dry, go, result] = ["dry-run", "import-go", "import-result"].map((id) => document.getElementById(id));
  let isDry = true;

  // What was looked at and what is written have to be the same.
  function forget() {
    go.disabled = true;
    result.replaceChildren();
  }

  for (const control of [text, format, agency]) control?.addEventListener("input", forget);
  file.addEventListener("change", async () => {
    if (!file.files[0]) return;
    text.value = await file.files[0].text();
    format.value = /\.csv$/i.test(file.files[0].name) ? "text/csv" : "application/x-ndjson";
    forget();
  });

  function start(dryRun) {
    isDry = dryRun;
    const query = new URLSearchParams({ ...(agency?.value ? { agencyId: agency.value } : {}), ...(dryRun ? { dryRun: "true" } : {}) });
    form.dataset.api = `POST /v1/import${query.size > 0 ? `?${query}` : ""}`;
    form.dataset.contentType = format.value;
    form.dataset.done = dryRun ? "Nothing was written yet." : "Written.";
    go.disabled = true;
    slotkeeper.send(form);
  }
  dry.addEventListener("click", () => start(true));
  go.addEventListener("click", () => start(false));
  form.addEventListener("submit", (event) => event.preventDefault());

  function made(name, className, content) {
    const element = document.createElement(name);
    if (className) element.className = className;
    element.append(...[content ?? []].flat());
    return element;
  }

  function card(title, content) {
    return made("div", "card mb-3", [made("div", "card-header", made("h2", "card-title", title)), content]);
  }

  function table(names, lines) {
    const head = made("tr", "", names.map((name) => { const cell = made("th", "", name); cell.scope = "col"; return cell; }));
    const rows = lines.map((cells) => made("tr", "", cells.map((cell) => made("td", "text-break", cell))));
    return made("div", "table-responsive", made("table", "table card-table", [made("thead", "", head), made("tbody", "", rows)]));
  }

  const worded = (value) => value === undefined ? "nothing" : typeof value === "string" ? value : JSON.stringify(value);

  function differences(change) {
    const names = [...new Set([...Object.keys(change.before ?? {}), ...Object.keys(change.after ?? {})])];
    return made("ul", "list-unstyled mb-0", names.map((name) => made("li", "", change.outcome === "created"
      ? [made("strong", "", name), ` ${worded(change.after?.[name])}`]
      : [made("strong", "", name), ` ${worded(change.before?.[name])} → ${worded(change.after?.[name])}`])));
  }

  form.addEventListener("slotkeeper:answer", (event) => {
    const { status, answer } = event.detail;
    if (status !== 200) return result.replaceChildren();
    const counts = `${answer.created} new, ${answer.updated} changed, ${answer.unchanged} as they are, ${answer.rejected.length} refused`;
    const parts = [card(isDry ? "What would be written" : "What was written", made("div", "card-body", made("p", "mb-0", `${counts}. ${isDry ? "Nothing is written yet." : "It is done."}`)))];
    if (answer.rejected.length > 0) {
      parts.push(card(`Refused lines: ${answer.rejected.length}`, table(["Line", "Why", ""], answer.rejected.slice(0, mostShown).map((line) => [String(line.line), line.detail, line.code]))));
    }
    if (answer.changes?.length > 0) {
      parts.push(card(
        answer.changes.length > mostShown ? `Changes: the first ${mostShown} of ${answer.changes.length}` : `Changes: ${answer.changes.length}`,
        table(["Line", "Workspace", "What", "Fields"], answer.changes.slice(0, mostShown).map((change) => [String(change.line), change.name, change.outcome, differences(change)]))));
    }
    result.replaceChildren(...parts);
    go.disabled = !isDry || answer.created + answer.updated === 0;
  });
});
