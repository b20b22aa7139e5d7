// The editor: tools on a stage, each a form whose numbers the pointer fills in. Without this file the forms work alone.

import { curvesTool } from "./curves.js";
import { cropTool, straightenTool, turnTool } from "./frame.js";
import { textTool } from "./letters.js";
import { penTool } from "./pens.js";
import { openSaving, tellPresence } from "./saving.js";
import { openStage } from "./stage.js";
import { adjustTool } from "./tone.js";

const editor = document.getElementById("editor");
for (const part of editor.querySelectorAll("[data-script]")) part.hidden = false;
const stage = openStage();
const forms = Object.fromEntries([...editor.querySelectorAll("form[data-save]")].filter((form) => form.dataset.save).map((form) => [form.dataset.save, form]));
for (const form of Object.values(forms)) addSliders(form);

const pen = (kind) => penTool(stage, forms[kind], { kind, keep: () => keep(kind) });
const tools = {
  crop: cropTool(stage, forms.crop),
  turn: turnTool(stage, forms.turn),
  straighten: straightenTool(stage, forms.straighten),
  adjust: adjustTool(stage, forms.adjust),
  curves: curvesTool(stage, forms.curves),
  text: textTool(stage, forms.text),
  ...Object.fromEntries(["brush", "eraser", "clone", "heal", "inpaint"].map((kind) => [kind, pen(kind)])),
  redraw: {},
  variation: {},
};
let chosen = editor.dataset.tool;
let shown = document.getElementById("sitting").dataset.picture;
let begun = new Date(); // when somebody began with the next step

const saving = openSaving({
  async onState(state) {
    const resized = Number(state.width) !== stage.width || Number(state.height) !== stage.height;
    await stage.show(state.picture, Number(state.width), Number(state.height));
    if (state.picture !== shown) for (const tool of Object.values(tools)) if (tool.pictureChanged) tool.pictureChanged();
    shown = state.picture;
    if (resized) tools.crop.resized();
    lock();
  },
});
saving.watch(() => Object.values(tools).some((tool) => tool.drawn));
for (const kind of ["pointerup", "keyup"]) document.addEventListener(kind, () => saving.refresh());

// While a model draws, nothing else can be changed: the buttons say so before the service has to.
function lock() {
  const state = document.getElementById("sitting").dataset;
  const locked = "pending" in state || "closed" in state;
  editor.classList.toggle("locked", locked);
  for (const form of Object.values(forms)) for (const button of form.querySelectorAll("button:not([type=reset])")) button.disabled = locked;
}

async function keep(name, submitter = null) {
  const form = forms[name];
  const tool = tools[name];
  if (saving.pending) return; // the strokes stay drawn until the model is done
  const started = tool.started || begun;
  const saved = saving.save(form, { submitter, started });
  const ended = tool.sent ? tool.sent() : null;
  begun = new Date();
  saving.refresh();
  const kept = await saved;
  if (ended) ended(kept);
  if (kept && tool.kept) tool.kept();
  saving.refresh();
}

editor.addEventListener("submit", (event) => {
  const form = event.target;
  if (!("save" in form.dataset)) return;
  event.preventDefault();
  if (form.dataset.save) keep(form.dataset.save, event.submitter);
  else saving.save(form, { started: begun });
});
editor.addEventListener("reset", (event) => {
  const tool = tools[event.target.dataset.save];
  if (tool && tool.reset) tool.reset();
});
// A layer's box and number act when they are changed.
editor.addEventListener("change", (event) => {
  const form = event.target.closest("[data-layer]");
  if (form) form.requestSubmit();
});

function choose(name) {
  chosen = name;
  for (const link of editor.querySelectorAll(".toolbar a")) {
    if (link.dataset.tool === name) {
      link.setAttribute("aria-current", "true");
      const row = link.closest("ul"); // on a narrow screen the toolbar is a row that scrolls
      row.scrollLeft = link.offsetLeft - (row.clientWidth - link.clientWidth) / 2;
    } else {
      link.removeAttribute("aria-current");
    }
  }
  for (const panel of editor.querySelectorAll(".tool")) panel.hidden = panel.id !== `tool-${name}`;
  stage.use(tools[name]);
  begun = new Date();
}
editor.querySelector(".toolbar").addEventListener("click", (event) => {
  const link = event.target.closest("a[data-tool]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  choose(link.dataset.tool);
  history.replaceState(null, "", `?tool=${chosen}`);
});

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  const typing = event.target.closest && event.target.closest("textarea, input:not([type=range]):not([type=checkbox]):not([type=radio]):not([type=color])");
  if (typing) return;
  const key = event.key.toLowerCase();
  const button = key === "z" && !event.shiftKey ? "undo" : (key === "z" && event.shiftKey) || key === "y" ? "redo" : "";
  if (!button) return;
  event.preventDefault();
  if (button === "undo" && tools[chosen].takeBack && tools[chosen].takeBack()) return;
  const target = document.getElementById(button);
  if (!target.disabled) target.form.requestSubmit();
});

// A slider beside each number that has a range; both say the same.
function addSliders(form) {
  for (const number of form.querySelectorAll("[data-slider]")) {
    const slider = document.createElement("input");
    slider.type = "range";
    for (const name of ["min", "max", "step"]) slider.setAttribute(name, number.getAttribute(name));
    // A pen of 1,024 pixels is rare: the slider has room for the usual ones.
    const wide = Number(number.max) >= 1000;
    if (wide) slider.max = Math.max(64, Math.round(Math.max(stage.width, stage.height) / 2));
    slider.value = number.value;
    slider.setAttribute("aria-label", number.labels.length ? number.labels[0].textContent : number.name);
    const pair = document.createElement("div");
    pair.className = "slider";
    number.replaceWith(pair);
    pair.append(slider, number);
    slider.addEventListener("input", () => { number.value = slider.value; number.dispatchEvent(new Event("input", { bubbles: true })); });
    number.addEventListener("input", () => { slider.value = number.value; });
    form.addEventListener("reset", () => { setTimeout(() => { slider.value = number.value; }); });
  }
}

choose(chosen);
lock();
tellPresence();
document.documentElement.classList.add("editing");
