// Sends the chosen works one by one and tells of each how far it is. Without this script the form sends them all at once.
"use strict";

(() => {
  const form = document.getElementById("enrol");
  const results = document.getElementById("results");
  const button = form.querySelector("button");
  const input = form.querySelector("input[type=file]");
  const words = (id) => document.getElementById(id).textContent;

  function line(file) {
    const item = document.getElementById("sending").content.firstElementChild.cloneNode(true);
    item.querySelector("strong").textContent = file.name;
    results.append(item);
    return item;
  }

  function fail(item, sentence) {
    item.classList.add("bad");
    const note = item.querySelector(".note");
    note.textContent = sentence;
    note.className = "field-error";
    item.querySelector("progress").remove();
  }

  function post(file, one, item) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      const body = new FormData(form);
      body.delete("images");
      body.append("images", file, file.name);
      if (!one) body.set("title", "");
      const bar = item.querySelector("progress");
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
      });
      request.upload.addEventListener("load", () => {
        bar.removeAttribute("value");
        item.querySelector(".note").textContent = words("comparing");
      });
      request.addEventListener("load", () => resolve(request));
      request.addEventListener("error", () => resolve(null));
      request.open("POST", form.action);
      request.setRequestHeader("X-One-File", "1");
      request.send(body);
    });
  }

  const pause = (seconds) => new Promise((resolve) => { setTimeout(resolve, 1000 * seconds); });

  async function enrol(file, one, item) {
    if (file.size > Number(form.dataset.maxBytes)) return fail(item, words("too-large"));
    for (;;) {
      const answer = await post(file, one, item);
      if (answer && answer.status === 429) {
        item.querySelector(".note").textContent = words("waiting");
        await pause(Number(answer.getResponseHeader("Retry-After")) || 30);
      } else if (answer && (answer.status === 200 || answer.status === 422)) {
        item.outerHTML = answer.responseText; // escaped by the service's template
        return undefined;
      } else {
        return fail(item, words("unreached"));
      }
    }
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const files = [...input.files];
    results.replaceChildren();
    button.disabled = true;
    const items = files.map(line);
    for (const [place, file] of files.entries()) await enrol(file, files.length === 1, items[place]);
    button.disabled = false;
    input.value = "";
    // What has come in stands in the list below.
    // Not this page's own address: after a form that was refused it is that form's.
    htmx.ajax("GET", new URL("..", form.action).pathname, { target: "#collection", select: "#collection", swap: "outerHTML" });
  });
})();
