// Pens: brush, eraser, clone, heal and the mask for a model. Strokes stand in the form as text, drawn or typed.

const PAUSE_MILLISECONDS = 1200;
// Well under what one step takes (50 strokes, 5,000 points).
const STROKES_FULL = 40;
const POINTS_FULL = 3000;

const read = (text) => text.split("\n").map((line) => line.trim().split(/\s+/).filter(Boolean).map((word) => word.split(",").map(Number)))
  .filter((stroke) => stroke.length && stroke.every((point) => point.length === 2 && point.every(Number.isFinite)));
const write = (strokes) => strokes.map((stroke) => stroke.map(([x, y]) => `${x},${y}`).join(" ")).join("\n");
const round = (value) => Math.round(value * 10) / 10;

function pathOf(stroke) {
  const path = new Path2D();
  path.moveTo(...stroke[0]);
  for (const point of stroke.slice(1)) path.lineTo(...point);
  if (stroke.length === 1) path.lineTo(stroke[0][0] + 0.01, stroke[0][1]);
  return path;
}

export function penTool(stage, form, { kind, keep }) {
  const mask = kind === "inpaint";
  const text = form.elements[mask ? "mask" : "strokes"];
  const value = (name) => Number(form.elements[mask ? `mask_${name}` : name].value);
  let strokes = read(text.value);
  let flying = []; // sent, but not yet to be seen in the picture
  let current = null;
  let over = null;
  let source = null;
  let timer = 0;
  let picking = false; // the next press chooses where to take from
  let started = null;
  const scratch = document.createElement("canvas");

  text.addEventListener("input", () => { strokes = read(text.value); stage.redraw(); });
  for (const field of form.elements) {
    // What was drawn with the old settings is kept with them.
    if (field !== text) field.addEventListener("change", () => { stage.redraw(); });
    field.addEventListener("focus", () => { if (field !== text && field.type !== "submit") later(0); });
  }

  const pick = form.querySelector("[data-source]");
  function picks(now) {
    picking = now;
    pick.setAttribute("aria-pressed", String(now));
  }
  if (pick) pick.addEventListener("click", () => picks(!picking));

  function look() {
    return {
      kind, size: value("size"), hardness: value("hardness"),
      opacity: mask ? 1 : value("opacity"),
      colour: form.elements.colour ? form.elements.colour.value : "",
      dx: form.elements.dx ? Number(form.elements.dx.value) : 0,
      dy: form.elements.dy ? Number(form.elements.dy.value) : 0,
    };
  }

  function later(milliseconds) {
    clearTimeout(timer);
    if (mask || current || !strokes.length) return;
    timer = setTimeout(() => { if (!current && strokes.length) keep(); }, milliseconds);
  }

  function put() {
    text.value = write(strokes);
    stage.redraw();
  }

  // Strokes of one look, as ink on a canvas of their own: where they cross they are not darker.
  function ink(batch, look, fill) {
    const dense = Math.min(1, 2048 / Math.max(stage.width, stage.height));
    scratch.width = Math.ceil(stage.width * dense);
    scratch.height = Math.ceil(stage.height * dense);
    const paint = scratch.getContext("2d");
    paint.setTransform(dense, 0, 0, dense, 0, 0);
    paint.lineCap = paint.lineJoin = "round";
    const soft = ((1 - look.hardness) * look.size) / 2;
    paint.lineWidth = Math.max(0.5, look.size - soft);
    paint.strokeStyle = "black";
    if (soft > 0.5) paint.filter = `blur(${(soft * dense) / 2}px)`;
    for (const stroke of batch) paint.stroke(pathOf(stroke));
    paint.filter = "none";
    paint.globalCompositeOperation = "source-in";
    fill(paint);
    return scratch;
  }

  function drawBatch(context, batch, look) {
    if (!batch.length) return;
    const drawn = ink(batch, look, (paint) => {
      if (look.kind === "clone" || look.kind === "heal") {
        paint.drawImage(stage.picture, -look.dx, -look.dy, stage.width, stage.height);
      } else {
        paint.fillStyle = { inpaint: "#e6004c", eraser: "#ffffff" }[look.kind] || look.colour;
        paint.fillRect(0, 0, stage.width, stage.height);
      }
    });
    context.globalAlpha = { inpaint: 0.5, eraser: 0.6 * look.opacity }[look.kind] || look.opacity;
    context.drawImage(drawn, 0, 0, stage.width, stage.height);
    context.globalAlpha = 1;
  }

  const tool = {
    get drawn() { return strokes.length > 0 && !mask; },
    get started() { return started; },
    down(place, event) {
      clearTimeout(timer);
      if (pick && (picking || event.altKey)) {
        source = { ...place };
        picks(false);
        return false;
      }
      if (pick && source) {
        // The first touch fixes how far away the source lies, for this stroke and the next ones.
        form.elements.dx.value = Math.round(source.x - place.x);
        form.elements.dy.value = Math.round(source.y - place.y);
        source = null;
      }
      started = started || new Date();
      current = [[round(place.x), round(place.y)]];
      return true;
    },
    move(place) {
      over = place;
      if (!current) return;
      const [x, y] = current[current.length - 1];
      if (Math.hypot(place.x - x, place.y - y) >= Math.max(0.7, value("size") / 20)) current.push([round(place.x), round(place.y)]);
    },
    up(place) {
      if (!current) return;
      tool.move(place);
      strokes.push(current);
      current = null;
      put();
      const full = strokes.length >= STROKES_FULL || strokes.reduce((sum, stroke) => sum + stroke.length, 0) > POINTS_FULL;
      later(full ? 0 : PAUSE_MILLISECONDS);
    },
    hover(place) { over = place; },
    cancel() { current = null; },
    leave() { over = null; if (!mask) later(0); },
    reset() { clearTimeout(timer); strokes = []; started = null; setTimeout(put); },
    // The last stroke that is not yet sent; false when there is none.
    takeBack() {
      if (!strokes.length) return false;
      strokes.pop();
      put();
      later(PAUSE_MILLISECONDS);
      return true;
    },
    // Called once what the form holds has been taken: returns what to do when it is known whether it was kept.
    sent() {
      clearTimeout(timer);
      const batch = { strokes, look: look() };
      started = null;
      if (mask) return () => {};
      flying.push(batch);
      strokes = [];
      put();
      return (kept) => {
        flying = flying.filter((each) => each !== batch);
        if (!kept) strokes = [...batch.strokes, ...strokes];
        put();
      };
    },
    // A mask stays until the picture has changed, so that a failed or stopped drawing can be tried again.
    pictureChanged() { if (mask && strokes.length) { strokes = []; put(); } },
    draw(context) {
      for (const batch of flying) drawBatch(context, batch.strokes, batch.look);
      drawBatch(context, current ? [...strokes, current] : strokes, look());
      const size = value("size");
      if (over) {
        const ring = new Path2D();
        ring.arc(over.x, over.y, size / 2, 0, 2 * Math.PI);
        stage.line(ring);
      }
      if (form.elements.dx) {
        const away = { x: Number(form.elements.dx.value), y: Number(form.elements.dy.value) };
        const at = source || (over && (away.x || away.y) ? { x: over.x + away.x, y: over.y + away.y } : null);
        if (at) {
          const from = new Path2D();
          const arm = stage.onScreen(8);
          from.arc(at.x, at.y, size / 2, 0, 2 * Math.PI);
          from.moveTo(at.x - arm, at.y); from.lineTo(at.x + arm, at.y);
          from.moveTo(at.x, at.y - arm); from.lineTo(at.x, at.y + arm);
          stage.line(from, { dashed: true });
        }
      }
    },
  };
  return tool;
}
