// What the pages do beyond HTMX: drop, paste and preview a file; say progress once; tell when the network fails.
"use strict";

document.documentElement.classList.add("js");

function openDropForm(form) {
  const input = form.querySelector("input[type=file]");
  const zone = form.querySelector(".drop");
  const preview = form.querySelector(".drop-preview");
  const bar = form.querySelector("progress");
  const tooLarge = form.querySelector("[data-too-large]");
  const notPicture = form.querySelector("[data-not-picture]");
  let address = null;

  function take(file) {
    notPicture.hidden = Boolean(file);
    if (!file) return;
    const carrier = new DataTransfer();
    carrier.items.add(file);
    input.files = carrier.files;
    send();
  }

  function send() {
    const file = input.files[0];
    if (!file) return;
    tooLarge.hidden = file.size <= Number(form.dataset.maxBytes);
    show(file);
    // A form with more to fill in waits for its button.
    if (tooLarge.hidden && !("waits" in form.dataset)) form.requestSubmit();
  }

  function show(file) {
    if (address) URL.revokeObjectURL(address);
    address = URL.createObjectURL(file);
    preview.onload = () => { preview.hidden = false; };
    preview.onerror = () => { preview.hidden = true; };
    preview.src = address;
  }

  let inside = 0; // dragenter and dragleave also fire for the zone's children
  zone.addEventListener("dragenter", () => { inside += 1; zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => { inside -= 1; if (inside <= 0) zone.classList.remove("over"); });
  // The whole page takes a drop, so that a near miss does not navigate away to the file.
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    inside = 0;
    zone.classList.remove("over");
    take(event.dataTransfer.files[0]);
  });
  document.addEventListener("paste", (event) => {
    const file = event.clipboardData && event.clipboardData.files[0];
    if (file) take(file);
  });
  input.addEventListener("change", send);
  form.addEventListener("htmx:beforeRequest", () => { bar.hidden = false; bar.value = 0; });
  form.addEventListener("htmx:xhr:progress", (event) => {
    if (event.detail.lengthComputable) bar.value = (100 * event.detail.loaded) / event.detail.total;
    if (event.detail.loaded === event.detail.total) bar.removeAttribute("value"); // sent, and being looked at
  });
  form.addEventListener("htmx:afterRequest", () => { bar.hidden = true; });
}

document.querySelectorAll(".drop-form").forEach(openDropForm);

document.addEventListener("htmx:beforeRequest", (event) => {
  document.getElementById("trouble").hidden = true;
  // A work that renews itself waits while its title is being written.
  if (event.target.id === "work" && document.querySelector("form#title")) event.preventDefault();
});
for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failure, () => { document.getElementById("trouble").hidden = false; });
}

// A screen reader hears each stage once, not each step.
let lastSaid = "";
document.addEventListener("htmx:afterSettle", () => {
  const stage = document.querySelector("#job [data-said]");
  const voice = document.getElementById("said");
  if (!stage || !voice || stage.dataset.said === lastSaid) return;
  lastSaid = stage.dataset.said;
  voice.textContent = stage.textContent.trim();
});

// What the person waits for is brought into view: the verdict, and on a narrow screen the job below its form.
document.addEventListener("htmx:afterSettle", (event) => {
  const wanted = { verdict: "verdict", desk: "job" }[event.target.id];
  const shown = wanted && document.getElementById(wanted);
  if (shown) shown.scrollIntoView({ block: "nearest" });
  const wrong = event.target.id === "desk" && document.querySelector("#desk [aria-invalid=true]");
  if (wrong) wrong.focus();
  // Focus on its first sentence has a screen reader say it, and the keyboard go on from there.
  const summary = event.target.id === "verdict" && document.getElementById("summary");
  if (summary) summary.focus({ preventScroll: true });
});
