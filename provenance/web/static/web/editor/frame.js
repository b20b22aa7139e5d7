// Crop, turn and straighten: what happens to the frame is shown before it is done.

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const SMALLEST = 8;

function dim(stage, context, path) {
  const all = new Path2D();
  all.rect(0, 0, stage.width, stage.height);
  all.addPath(path);
  context.fillStyle = "rgb(0 0 0 / 0.55)";
  context.fill(all, "evenodd");
}

export function cropTool(stage, form) {
  const fields = form.elements;
  const ratio = form.querySelector("[data-ratio]");
  let grip = null; // which edges follow the pointer, and from where
  let shapedFor = "";

  const box = () => Object.fromEntries(["x", "y", "width", "height"].map((name) => [name, Number(fields[name].value) || 0]));

  function put({ x, y, width, height }) {
    width = clamp(Math.round(width), Math.min(SMALLEST, stage.width), stage.width);
    height = clamp(Math.round(height), Math.min(SMALLEST, stage.height), stage.height);
    fields.width.value = width;
    fields.height.value = height;
    fields.x.value = clamp(Math.round(x), 0, stage.width - width);
    fields.y.value = clamp(Math.round(y), 0, stage.height - height);
    stage.redraw();
  }

  function proportion() {
    if (!ratio.value) return 0;
    return ratio.value === "same" ? stage.width / stage.height : Number(ratio.value);
  }

  function whole() { put({ x: 0, y: 0, width: stage.width, height: stage.height }); }

  // The largest frame of the wanted proportions around the middle of the present one.
  function shape() {
    const wanted = proportion();
    if (!wanted) return;
    const now = box();
    const width = Math.min(now.width, now.height * wanted);
    const height = width / wanted;
    put({ x: now.x + (now.width - width) / 2, y: now.y + (now.height - height) / 2, width, height });
  }
  ratio.addEventListener("change", shape);
  for (const name of ["x", "y", "width", "height"]) fields[name].addEventListener("input", stage.redraw);

  function edgesAt({ x, y }, coarse) {
    const now = box();
    const near = stage.onScreen(coarse ? 24 : 12);
    const across = x > now.x - near && x < now.x + now.width + near;
    const along = y > now.y - near && y < now.y + now.height + near;
    const edges = {
      left: along && Math.abs(x - now.x) < near,
      right: along && Math.abs(x - now.x - now.width) < near,
      top: across && Math.abs(y - now.y) < near,
      bottom: across && Math.abs(y - now.y - now.height) < near,
    };
    const any = edges.left || edges.right || edges.top || edges.bottom;
    const inside = x > now.x && y > now.y && x < now.x + now.width && y < now.y + now.height;
    const all = now.width === stage.width && now.height === stage.height;
    return any ? edges : inside && !all ? "move" : "new";
  }

  return {
    enter() {
      const size = `${stage.width}x${stage.height}`;
      const now = box();
      if (shapedFor !== size && (shapedFor || now.x + now.width > stage.width || now.y + now.height > stage.height)) whole();
      shapedFor = size;
    },
    reset: () => { setTimeout(whole); },
    resized: () => { shapedFor = `${stage.width}x${stage.height}`; ratio.value = ""; whole(); },
    down(place, event) {
      const edges = edgesAt(place, event.pointerType === "touch");
      grip = { edges, from: place, box: box() };
      if (edges === "new") grip.box = { x: place.x, y: place.y, width: 0, height: 0 };
    },
    move(place) {
      const { edges, from, box: was } = grip;
      if (edges === "move") {
        put({ ...was, x: was.x + place.x - from.x, y: was.y + place.y - from.y });
        return;
      }
      const to = { x: clamp(place.x, 0, stage.width), y: clamp(place.y, 0, stage.height) };
      let left = was.x, top = was.y, right = was.x + was.width, bottom = was.y + was.height;
      if (edges === "new") {
        [left, right] = [Math.min(from.x, to.x), Math.max(from.x, to.x)];
        [top, bottom] = [Math.min(from.y, to.y), Math.max(from.y, to.y)];
        if (right - left < SMALLEST && bottom - top < SMALLEST) return;
      } else {
        if (edges.left) left = Math.min(to.x, right - SMALLEST);
        if (edges.right) right = Math.max(to.x, left + SMALLEST);
        if (edges.top) top = Math.min(to.y, bottom - SMALLEST);
        if (edges.bottom) bottom = Math.max(to.y, top + SMALLEST);
      }
      const wanted = proportion();
      if (wanted) {
        // The side that is pulled decides; the opposite corner stays.
        if (edges !== "new" && !edges.left && !edges.right) {
          right = left + (bottom - top) * wanted;
        } else {
          const height = (right - left) / wanted;
          if (edges !== "new" ? edges.top : to.y < from.y) top = bottom - height; else bottom = top + height;
        }
        const shrink = Math.min(1, stage.width / (right - left), stage.height / (bottom - top));
        right = left + (right - left) * shrink;
        bottom = top + (bottom - top) * shrink;
      }
      put({ x: left, y: top, width: right - left, height: bottom - top });
    },
    up() { grip = null; },
    cancel() { if (grip && grip.edges !== "new") put(grip.box); grip = null; },
    draw(context) {
      const { x, y, width, height } = box();
      const frame = new Path2D();
      frame.rect(x, y, width, height);
      dim(stage, context, frame);
      const thirds = new Path2D();
      for (const part of [1 / 3, 2 / 3]) {
        thirds.moveTo(x + width * part, y); thirds.lineTo(x + width * part, y + height);
        thirds.moveTo(x, y + height * part); thirds.lineTo(x + width, y + height * part);
      }
      context.lineWidth = stage.onScreen(1);
      context.strokeStyle = "rgb(255 255 255 / 0.45)";
      context.stroke(thirds);
      stage.line(frame);
      const grip = stage.onScreen(9);
      for (const [across, along] of [[0, 0], [0.5, 0], [1, 0], [0, 0.5], [1, 0.5], [0, 1], [0.5, 1], [1, 1]]) {
        const corner = new Path2D();
        const left = clamp(x + width * across - grip / 2, 0, stage.width - grip);
        const top = clamp(y + height * along - grip / 2, 0, stage.height - grip);
        corner.rect(left, top, grip, grip);
        context.fillStyle = "white";
        context.fill(corner);
        context.lineWidth = stage.onScreen(1);
        context.strokeStyle = "black";
        context.stroke(corner);
      }
    },
  };
}

export function turnTool(stage, form) {
  const { angle, expand, fill } = form.elements;
  const sheet = stage.picture.parentElement;
  const still = () => { stage.picture.style.transform = ""; sheet.style.background = ""; };
  function turn() {
    const degrees = Number(angle.value);
    if (!degrees) { still(); return; }
    const [cos, sin] = [Math.abs(Math.cos((degrees * Math.PI) / 180)), Math.abs(Math.sin((degrees * Math.PI) / 180))];
    // A frame that grows is shown as a picture that shrinks.
    const { width: w, height: h } = stage;
    const part = expand.checked ? Math.min(w / (w * cos + h * sin), h / (w * sin + h * cos)) : 1;
    stage.picture.style.transform = `rotate(${degrees}deg) scale(${part})`;
    sheet.style.background = fill.value;
  }
  for (const field of [angle, expand, fill]) field.addEventListener("input", turn);
  return { enter: turn, leave: still, kept: () => { angle.value = 0; angle.dispatchEvent(new Event("input")); still(); } };
}

export function straightenTool(stage, form) {
  const angle = form.elements.angle;
  let line = null;
  function turn() {
    stage.picture.style.transform = Number(angle.value) ? `rotate(${Number(angle.value)}deg)` : "";
    stage.redraw();
  }
  angle.addEventListener("input", turn);

  function set(degrees) {
    angle.value = Math.round(degrees * 10) / 10;
    angle.dispatchEvent(new Event("input"));
  }

  return {
    enter: turn,
    leave: () => { line = null; stage.picture.style.transform = ""; },
    reset: () => { line = null; setTimeout(turn); },
    kept: () => { line = null; set(0); },
    down(place) {
      set(0); // the line is drawn on the picture as it lies
      line = { from: place, to: place };
    },
    move(place) { line.to = place; },
    up(place) {
      const { from } = line;
      line = null;
      if (Math.hypot(place.x - from.x, place.y - from.y) < stage.onScreen(6)) return;
      // To level or upright, whichever is nearer: at most 45° either way.
      const slope = (Math.atan2(place.y - from.y, place.x - from.x) * 180) / Math.PI;
      set(-(((slope + 45) % 90 + 90) % 90 - 45));
    },
    cancel() { line = null; },
    draw(context) {
      const degrees = Number(angle.value);
      if (degrees) {
        const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.abs(Math.sin((degrees * Math.PI) / 180))];
        const { width: w, height: h } = stage;
        const part = Math.min(w / (w * cos + h * sin), h / (w * sin + h * cos));
        const kept = new Path2D();
        kept.rect((w - w * part) / 2, (h - h * part) / 2, w * part, h * part);
        dim(stage, context, kept);
        const level = new Path2D();
        for (let k = 1; k < 6; k += 1) {
          const y = (h - h * part) / 2 + (h * part * k) / 6;
          level.moveTo((w - w * part) / 2, y); level.lineTo((w + w * part) / 2, y);
        }
        context.lineWidth = stage.onScreen(1);
        context.strokeStyle = "rgb(255 255 255 / 0.5)";
        context.stroke(level);
        stage.line(kept);
      }
      if (line) {
        const path = new Path2D();
        path.moveTo(line.from.x, line.from.y); path.lineTo(line.to.x, line.to.y);
        stage.line(path, { dashed: true });
      }
    },
  };
}
