// Every change is sent at once and in order; what could not be sent is tried again, and nothing is sent twice.

const RETRY_SECONDS = [1, 2, 4, 8, 15];
const POLL_MILLISECONDS = 700;

// Also where the page did not come over HTTPS, and crypto.randomUUID is not to be had.
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const pause = (seconds) => new Promise((done) => { setTimeout(done, seconds * 1000); });
const board = () => document.getElementById("sitting");

export function openSaving({ onState }) {
  const editor = document.getElementById("editor");
  let queue = Promise.resolve();
  let waiting = 0;
  let drawn = () => false;
  let blocked = false;
  let word = "saved";

  function say(next) {
    word = next;
    const place = document.getElementById("saving");
    if (!place) return;
    const shown = word === "saved" && drawn() ? "drawn" : word;
    place.dataset.now = shown;
    const text = place.dataset[shown];
    if (place.textContent !== text) place.textContent = text;
  }

  function complain(form, html) {
    const slot = (form && form.querySelector(".trouble-slot")) || document.getElementById("editor-said");
    slot.innerHTML = html;
    const field = slot.querySelector("[data-field]");
    const named = form && field && field.dataset.field && form.elements[field.dataset.field];
    if (named && named.setAttribute) {
      const folded = named.closest("details");
      if (folded) folded.open = true;
      named.setAttribute("aria-invalid", "true");
    }
    slot.scrollIntoView({ block: "nearest" });
  }

  function forgive(form) {
    document.getElementById("editor-said").replaceChildren();
    if (!form) return;
    const slot = form.querySelector(".trouble-slot");
    if (slot) slot.replaceChildren();
    for (const wrong of form.querySelectorAll("[aria-invalid]")) wrong.removeAttribute("aria-invalid");
    for (const list of form.querySelectorAll(".errorlist")) list.remove();
  }

  async function replace(html) {
    const focused = document.activeElement && document.activeElement.id;
    const parts = ["sitting", "bar", "at-work"].map((id) => document.getElementById(id));
    const inside = parts.some((part) => part.contains(document.activeElement));
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    for (const part of parts) part.replaceWith(fresh.content.querySelector(`#${part.id}`));
    if (inside) {
      const same = focused && document.getElementById(focused);
      if (same && !same.disabled) same.focus();
      else document.getElementById("stage").focus({ preventScroll: true });
    }
    say(word);
    await onState(board().dataset);
    poll();
  }

  // Answers HTML, or throws when there was no answer worth keeping.
  async function send(address, body) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await fetch(address, { method: "POST", body, headers: { "X-Editor": "1" }, credentials: "same-origin" });
        // A gateway or a page of another kind is not an answer to what was asked.
        if (answer.status < 500) return answer;
      } catch { /* no connection: tried again */ }
      say("trouble");
      document.getElementById("trouble").hidden = false;
      await pause(RETRY_SECONDS[Math.min(attempt, RETRY_SECONDS.length - 1)]);
    }
  }

  async function one(form, data, started) {
    if (blocked) return false;
    if (data.get("tool") || data.get("layer")) {
      data.set("key", newKey());
      if (started) data.set("started_at", started.toISOString());
    }
    data.set("revision", board().dataset.revision);
    say("saving");
    const answer = await send(form.action, data);
    document.getElementById("trouble").hidden = true;
    if (answer.redirected) { // signed out meanwhile, or ended in another window
      window.location.reload();
      return false;
    }
    const html = await answer.text();
    if (answer.ok) {
      forgive(form);
      await replace(html);
      return true;
    }
    if (answer.headers.get("Content-Type").includes("html") && html.includes("data-code")) {
      blocked = html.includes('data-code="stale_revision"') || html.includes('data-code="sitting_closed"');
      complain(blocked ? null : form, html);
    } else {
      window.location.reload();
    }
    return false;
  }

  const saving = {
    // Whether it was kept. What the form holds is taken now, not when its turn comes.
    save(form, { submitter = null, started = null } = {}) {
      const data = submitter ? new FormData(form, submitter) : new FormData(form);
      waiting += 1;
      say("saving");
      const mine = queue.then(() => one(form, data, started)).catch(() => false);
      queue = mine.then(() => {
        waiting -= 1;
        if (waiting === 0) say(blocked ? "trouble" : "saved");
      });
      return mine;
    },
    watch(check) { drawn = check; },
    refresh() { say(word); },
    get pending() { return "pending" in board().dataset; },
    get settled() { return waiting === 0; },
  };

  let asking = null;
  function poll() {
    clearTimeout(asking);
    if (!saving.pending) return;
    asking = setTimeout(async () => {
      try {
        const answer = await fetch(`${editor.dataset.state}?seen=${encodeURIComponent(board().dataset.seen)}`, { headers: { "X-Editor": "1" } });
        if (answer.status === 200 && !answer.redirected && saving.settled) {
          await replace(await answer.text());
          return;
        }
      } catch { /* asked again */ }
      poll();
    }, POLL_MILLISECONDS);
  }
  poll();

  window.addEventListener("beforeunload", (event) => {
    if (waiting > 0 || drawn()) event.preventDefault();
  });
  return saving;
}

// Somebody is at work: told now and then, so that active time is observed and not guessed.
export function tellPresence() {
  const editor = document.getElementById("editor");
  let told = Date.now();
  function present() {
    if (Date.now() - told < 15000) return;
    told = Date.now();
    const data = new FormData();
    data.set("csrfmiddlewaretoken", document.querySelector("#editor [name=csrfmiddlewaretoken]").value);
    fetch(editor.dataset.seen, { method: "POST", body: data, credentials: "same-origin" }).catch(() => {});
  }
  for (const kind of ["pointerdown", "pointermove", "keydown"]) editor.addEventListener(kind, present, { passive: true });
}
