// What every page does: sends what a form says to the API as JSON, shows what it answers beside the fields, and keeps live parts honest.
(() => {
  const signIn = "/dashboard/sign-in";
  const byId = (id) => document.getElementById(id);

  function headers(extra) {
    const proof = document.querySelector('meta[name="proof"]')?.content;
    return { Accept: "application/json", ...(proof ? { "X-Slotkeeper-Proof": proof } : {}), ...extra };
  }

  function valueOf(control) {
    if (control.type === "checkbox") return control.checked;
    const text = control.value;
    const type = control.dataset.type ?? (control.type === "number" ? "number" : "text");
    if (type === "lines" || type === "lines-or-null") {
      const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
      return lines.length === 0 && type === "lines-or-null" ? null : lines;
    }
    if (text.trim() === "") return null;
    // What is no number goes as it stands, for the server to say what is wrong with it.
    if (type === "number") return Number.isFinite(Number(text)) ? Number(text) : text;
    if (type === "json") { try { return JSON.parse(text); } catch { return text; } }
    if (type === "boolean") return text === "true";
    return text;
  }

  function put(target, path, value) {
    const steps = path.split(".");
    const last = steps.pop();
    for (const step of steps) target = target[step] ??= {};
    target[last] = value;
  }

  function controls(form) {
    return [...form.elements].filter((one) => one.name && !one.disabled && !one.closest("[hidden]") && (one.type !== "radio" || one.checked));
  }

  function bodyOf(source) {
    if (!(source instanceof HTMLFormElement)) return source.dataset.json ? { json: source.dataset.json } : {};
    if (source.dataset.body === "raw") return { raw: source.elements.namedItem("body").value, type: source.dataset.contentType };
    const body = source.dataset.json ? JSON.parse(source.dataset.json) : {};
    for (const control of controls(source)) {
      // Boxes of one name are a list of what is ticked.
      if ("each" in control.dataset) {
        if (!Array.isArray(body[control.name])) body[control.name] = [];
        if (control.checked) body[control.name].push(control.value);
        continue;
      }
      const value = valueOf(control);
      if (value === null && control.dataset.empty === "omit") continue;
      put(body, control.name, value);
    }
    return { json: JSON.stringify(body) };
  }

  function alertOf(source) {
    const form = source.closest("form") ?? source;
    let alert = form instanceof HTMLFormElement ? form.querySelector("[data-faults]") : null;
    if (!alert && form instanceof HTMLFormElement) {
      alert = document.createElement("div");
      alert.className = "alert alert-danger";
      alert.setAttribute("role", "alert");
      alert.dataset.faults = "";
      alert.hidden = true;
      form.prepend(alert);
    }
    return alert;
  }

  function clear(form) {
    if (!(form instanceof HTMLFormElement)) return;
    for (const control of form.querySelectorAll(".is-invalid")) {
      control.classList.remove("is-invalid");
      control.removeAttribute("aria-invalid");
      control.setAttribute("aria-describedby", (control.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => !id.endsWith("-fault")).join(" "));
      if (!control.getAttribute("aria-describedby")) control.removeAttribute("aria-describedby");
    }
    for (const fault of form.querySelectorAll(".invalid-feedback")) fault.remove();
    const alert = form.querySelector("[data-faults]");
    if (alert) alert.hidden = true;
  }

  // Every fault that has a field stands beside it; the rest, and the count, above.
  function refuse(source, problem) {
    const form = source.closest("form") ?? source;
    const left = [];
    let first = null;
    for (const [field, texts] of Object.entries(problem.errors ?? {})) {
      // Of a part whose fields have controls of their own, such as calendars, the first stands for the whole.
      const control = form instanceof HTMLFormElement ? [...form.elements].find((one) => one.name === field) : null;
      if (!control) { left.push(`${field} ${texts.join("; ")}`); continue; }
      const fault = document.createElement("div");
      fault.className = "invalid-feedback d-block";
      fault.id = `${control.id || control.name.replaceAll(".", "-")}-fault`;
      fault.textContent = texts.join("; ");
      control.classList.add("is-invalid");
      control.setAttribute("aria-invalid", "true");
      control.setAttribute("aria-describedby", `${control.getAttribute("aria-describedby") ?? ""} ${fault.id}`.trim());
      control.after(fault);
      first ??= control;
    }
    const words = first && left.length === 0 ? "Nothing was saved: see the marked fields." : left.length > 0 ? left.join(" ") : problem.detail ?? "It was refused.";
    const named = (problem.alternatives ?? []).map((one) => one.label);
    const text = named.length > 0 ? `${words} Free instead: ${named.join(", ")}.` : words;
    const alert = alertOf(source);
    if (alert) {
      alert.textContent = text;
      alert.hidden = false;
      (first ?? alert).focus?.();
    } else toast(text, true);
  }

  function toast(text, isFault = false) {
    const one = document.createElement("div");
    one.className = `toast show ${isFault ? "border-danger" : ""}`;
    const body = document.createElement("div");
    body.className = "toast-body";
    body.textContent = text;
    one.append(body);
    byId("toasts")?.append(one);
    setTimeout(() => one.remove(), isFault ? 15000 : 6000);
  }

  function showOnce(value) {
    const dialog = byId("shown-once");
    byId("shown-once-value").textContent = value;
    dialog.showModal();
    return new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  }

  function go(address) {
    unsaved.clear();
    if (address.split("#")[0] === location.pathname + location.search) location.reload();
    else location.assign(address);
  }

  async function follow(source, answer) {
    const then = source.dataset.then ?? "reload";
    const colon = then.indexOf(":");
    const [what, rest] = colon < 0 ? [then, ""] : [then.slice(0, colon), then.slice(colon + 1)];
    if (what === "go") return go(rest.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(answer?.[name] ?? "")));
    if (what === "say") {
      const place = document.querySelector(source.dataset.target);
      place.textContent = String(answer?.[rest] ?? "");
      return;
    }
    if (what === "show" && answer?.[rest] != null) { await showOnce(String(answer?.[rest] ?? "")); return go(location.pathname + location.search); }
    if (what === "part") {
      if (source.dataset.done) toast(source.dataset.done);
      const part = document.querySelector(rest);
      return htmx.ajax("GET", part.getAttribute("hx-get") ?? location.pathname, { target: part, swap: part.getAttribute("hx-swap") ?? "innerHTML" });
    }
    if (what === "tell") return toast(source.dataset.done ?? "Done.");
    sessionStorage.setItem("slotkeeper-done", source.dataset.done ?? "Done.");
    go(location.pathname + location.search);
  }

  async function send(source) {
    if (source.dataset.confirm && !confirm(source.dataset.confirm)) return;
    if (source.dataset.busy) return;
    const form = source.closest("form") ?? source;
    clear(form);
    const [method, address] = source.dataset.api.split(" ");
    const body = bodyOf(source);
    const more = {};
    if (body.json !== undefined) more["Content-Type"] = "application/json";
    if (body.raw !== undefined) more["Content-Type"] = body.type;
    // One key for one intention, however often it is pressed; a new one when the wish has changed or was fulfilled.
    if ("idempotent" in source.dataset) {
      const wish = `${address} ${body.json ?? ""}`;
      if (source.slotkeeperWish !== wish) [source.slotkeeperWish, source.slotkeeperKey] = [wish, crypto.randomUUID()];
      more["Idempotency-Key"] = source.slotkeeperKey;
    }
    source.dataset.busy = "1";
    source.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(address, { method, headers: headers(more), body: body.json ?? body.raw, credentials: "same-origin" });
      const text = await response.text();
      let answer = null;
      try { answer = text ? JSON.parse(text) : null; } catch { /* no JSON, nothing to show of it */ }
      if (response.status === 401 && location.pathname !== signIn) return go(`${signIn}?over=1&to=${encodeURIComponent(location.pathname + location.search)}`);
      source.dispatchEvent(new CustomEvent("slotkeeper:answer", { bubbles: true, detail: { status: response.status, answer } }));
      if (response.ok) {
        source.slotkeeperWish = null;
        unsaved.delete(form);
        await follow(source, answer);
      } else refuse(source, answer ?? { detail: `The server answered ${response.status}.` });
    } catch {
      refuse(source, { detail: "The server cannot be reached. Nothing is known to have been done; look before you try again." });
    } finally {
      delete source.dataset.busy;
      source.removeAttribute("aria-busy");
    }
  }

  const unsaved = new Set();

  document.addEventListener("submit", (event) => {
    if (!event.target.dataset.api) return;
    event.preventDefault();
    send(event.target);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-api]");
    if (button) { event.preventDefault(); send(button); }
  });
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form && "warnUnsaved" in form.dataset) unsaved.add(form);
  });
  addEventListener("beforeunload", (event) => { if (unsaved.size > 0) event.preventDefault(); });
  document.addEventListener("over", () => { if (!unsaved.size) go(`${signIn}?over=1&to=${encodeURIComponent(location.pathname + location.search)}`); });

  addEventListener("DOMContentLoaded", () => {
    byId("shown-once-done")?.addEventListener("click", () => byId("shown-once").close());
    byId("shown-once-copy")?.addEventListener("click", async () => {
      await navigator.clipboard.writeText(byId("shown-once-value").textContent);
      byId("shown-once-copy").textContent = "Copied";
    });
    const theme = byId("theme-switch");
    const isDark = () => document.documentElement.getAttribute("data-bs-theme") === "dark";
    const say = () => { if (theme) { theme.setAttribute("aria-pressed", String(isDark())); } };
    say();
    theme?.addEventListener("click", () => {
      const next = isDark() ? "light" : "dark";
      localStorage.setItem("slotkeeper-theme", next);
      document.documentElement.setAttribute("data-bs-theme", next);
      document.dispatchEvent(new CustomEvent("slotkeeper:theme", { detail: next }));
      say();
    });
    const done = sessionStorage.getItem("slotkeeper-done");
    if (done) { sessionStorage.removeItem("slotkeeper-done"); toast(done); }
  });

  // What is wider than its place is moved by keys too; what is not needs no stop on the way.
  function reach() {
    for (const region of document.querySelectorAll(".table-responsive")) {
      if (region.scrollWidth > region.clientWidth) {
        region.tabIndex = 0;
        region.setAttribute("role", "region");
        region.setAttribute("aria-label", (region.closest("section, .card")?.querySelector("h2") ?? document.querySelector("h1"))?.textContent ?? "Table");
      } else for (const name of ["tabindex", "role", "aria-label"]) region.removeAttribute(name);
    }
  }
  addEventListener("load", reach);
  addEventListener("resize", reach);
  addEventListener("DOMContentLoaded", () => {
    reach();
    let isDue = false;
    new MutationObserver(() => {
      if (isDue) return;
      isDue = true;
      requestAnimationFrame(() => { isDue = false; reach(); });
    }).observe(byId("main"), { childList: true, subtree: true });
  });

  window.slotkeeper = { send, toast, headers, go };
})();
