// Tone curves: points are dragged, or moved with the arrow keys, or typed.

import { curve, plain, showTone } from "./tone.js";

const CHANNELS = ["rgb", "red", "green", "blue"];
const SVG = "http://www.w3.org/2000/svg";
const POINTS_MAX = 16;
const STRAIGHT = [[0, 0], [255, 255]];

const read = (text) => text.trim().split(/\s+/).filter(Boolean).map((word) => word.split(",").map(Number))
  .filter((point) => point.length === 2 && point.every(Number.isFinite));
const write = (points) => points.map((point) => point.join(",")).join(" ");
const level = (value) => Math.min(255, Math.max(0, Math.round(value)));

export function curvesTool(stage, form) {
  const plot = form.querySelector(".curve-plot");
  const line = plot.querySelector(".plot-line");
  const dots = plot.querySelector(".plot-points");
  let held = -1;

  const channel = () => form.querySelector("[name=channel]:checked").value;
  const field = (name = channel()) => form.elements[name];
  const points = (name = channel()) => {
    const found = read(field(name).value);
    return found.length >= 2 ? found : STRAIGHT.map((point) => [...point]);
  };

  function put(next) {
    field().value = write(next) === write(STRAIGHT) ? "" : write(next);
    show();
  }

  function moved(next, index, x, y) {
    const low = index > 0 ? next[index - 1][0] + 1 : 0;
    const high = index < next.length - 1 ? next[index + 1][0] - 1 : 255;
    next[index] = [Math.min(high, Math.max(low, level(x))), level(y)];
    return next;
  }

  function show() {
    const now = points();
    const map = curve(now);
    plot.dataset.channel = channel();
    line.setAttribute("d", Array.from({ length: 86 }, (_, i) => `${i ? "L" : "M"}${i * 3} ${255 - 255 * map((i * 3) / 255)}`).join(""));
    while (dots.children.length > now.length) dots.lastChild.remove();
    while (dots.children.length < now.length) {
      const dot = document.createElementNS(SVG, "circle");
      dot.setAttribute("r", "7");
      dot.setAttribute("tabindex", "0");
      dot.setAttribute("role", "button");
      dots.append(dot);
    }
    now.forEach(([x, y], index) => {
      dots.children[index].setAttribute("cx", x);
      dots.children[index].setAttribute("cy", 255 - y);
      dots.children[index].setAttribute("aria-label", `${plot.dataset.point}: ${x} → ${y}`);
    });
    if (CHANNELS.every((name) => !field(name).value.trim())) { plain(stage.picture); return; }
    const [all, red, green, blue] = CHANNELS.map((name) => curve(read(field(name).value)));
    showTone(stage.picture, { red: (t) => red(all(t)), green: (t) => green(all(t)), blue: (t) => blue(all(t)) });
  }

  function place(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(plot.getScreenCTM().inverse());
    return { x: at.x, y: 255 - at.y };
  }

  plot.addEventListener("pointerdown", (event) => {
    const now = points();
    const { x, y } = place(event);
    const nearest = now.map(([px, py], index) => [Math.hypot(px - x, py - y), index]).sort((a, b) => a[0] - b[0])[0];
    if (nearest[0] < 16) {
      held = nearest[1];
    } else if (now.length < POINTS_MAX && !now.some(([px]) => px === level(x))) {
      now.push([level(x), level(y)]);
      now.sort((a, b) => a[0] - b[0]);
      held = now.findIndex(([px]) => px === level(x));
      put(now);
    }
    if (held < 0) return;
    plot.setPointerCapture(event.pointerId);
    dots.children[held].focus();
    event.preventDefault();
  });
  plot.addEventListener("pointermove", (event) => {
    if (held < 0) return;
    const { x, y } = place(event);
    put(moved(points(), held, x, y));
  });
  for (const kind of ["pointerup", "pointercancel"]) plot.addEventListener(kind, () => { held = -1; });

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  plot.addEventListener("keydown", (event) => {
    const index = [...dots.children].indexOf(event.target);
    if (index < 0) return;
    const now = points();
    if (event.key === "Delete" || event.key === "Backspace") {
      if (now.length > 2) { now.splice(index, 1); put(now); dots.children[Math.max(0, index - 1)].focus(); }
    } else if (event.key === "Insert" || event.key === "Enter") {
      // A new point half-way to the next one.
      const next = now[Math.min(index + 1, now.length - 1)];
      const before = now[index === now.length - 1 ? index - 1 : index];
      const x = level((before[0] + next[0]) / 2);
      if (now.length < POINTS_MAX && !now.some(([px]) => px === x)) {
        now.push([x, level(255 * curve(now)(x / 255))]);
        now.sort((a, b) => a[0] - b[0]);
        put(now);
        dots.children[now.findIndex(([px]) => px === x)].focus();
      }
    } else if (ARROWS[event.key]) {
      const [dx, dy] = ARROWS[event.key].map((by) => by * (event.shiftKey ? 1 : 5));
      put(moved(now, index, now[index][0] + dx, now[index][1] + dy));
    } else {
      return;
    }
    event.preventDefault();
  });
  form.addEventListener("input", show);
  return {
    enter: show,
    leave: () => plain(stage.picture),
    reset: () => { setTimeout(show); },
    kept: () => { for (const name of CHANNELS) field(name).value = ""; show(); plain(stage.picture); },
  };
}
