// The picture on its stage: zoom, pan, and from the pointer's or the keyboard's place to pixels of the picture.

const SCALE_MIN = 0.05;
const SCALE_MAX = 16;
const BACKING_MAX = 4096; // browsers refuse larger canvases, and nobody sees more

export function openStage() {
  const frame = document.getElementById("stage");
  const sheet = document.getElementById("sheet");
  const picture = document.getElementById("picture");
  const overlay = document.getElementById("overlay");
  const zoomed = document.getElementById("zoom");
  const where = document.getElementById("where");
  const context = overlay.getContext("2d");

  const stage = {
    frame, picture, context,
    width: Number(picture.getAttribute("width")),
    height: Number(picture.getAttribute("height")),
    scale: 1,
    fitted: true,
    tool: null,
    cross: null, // where the keyboard points; shown once it is used
    penDown: false,
  };

  stage.colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  let waiting = false;
  stage.redraw = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      const dense = overlay.width / stage.width;
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, overlay.width, overlay.height);
      context.setTransform(dense, 0, 0, dense, 0, 0);
      if (stage.tool && stage.tool.draw) stage.tool.draw(context);
      if (stage.cross && document.activeElement === frame) drawCross(stage.cross);
    });
  };

  // A length on the screen, in pixels of the picture.
  stage.onScreen = (length) => length / stage.scale;

  // Two strokes, dark under light, can be seen on any picture.
  stage.line = (path, { dashed = false } = {}) => {
    context.setLineDash([]);
    context.lineWidth = stage.onScreen(3);
    context.strokeStyle = "black";
    context.stroke(path);
    if (dashed) context.setLineDash([stage.onScreen(5), stage.onScreen(5)]);
    context.lineWidth = stage.onScreen(1.5);
    context.strokeStyle = "white";
    context.stroke(path);
    context.setLineDash([]);
  };

  function drawCross({ x, y }) {
    const path = new Path2D();
    const arm = stage.onScreen(12);
    path.moveTo(x - arm, y); path.lineTo(x + arm, y);
    path.moveTo(x, y - arm); path.lineTo(x, y + arm);
    if (stage.penDown) path.arc(x, y, arm / 2, 0, 2 * Math.PI);
    stage.line(path);
  }

  function lay() {
    const width = stage.width * stage.scale;
    const height = stage.height * stage.scale;
    sheet.style.width = `${width}px`;
    sheet.style.height = `${height}px`;
    const dense = Math.min(window.devicePixelRatio || 1, BACKING_MAX / width, BACKING_MAX / height);
    overlay.width = Math.max(1, Math.round(width * dense));
    overlay.height = Math.max(1, Math.round(height * dense));
    zoomed.textContent = `${Math.round(stage.scale * 100)} %`;
    stage.redraw();
  }

  stage.zoom = (scale, at = null) => {
    const box = frame.getBoundingClientRect();
    const place = at || { x: box.left + box.width / 2, y: box.top + box.height / 2 };
    const before = toPicture(place.x, place.y);
    stage.scale = Math.min(SCALE_MAX, Math.max(SCALE_MIN, scale));
    stage.fitted = false;
    lay();
    const moved = sheet.getBoundingClientRect();
    frame.scrollLeft += moved.left + before.x * stage.scale - place.x;
    frame.scrollTop += moved.top + before.y * stage.scale - place.y;
  };

  stage.fit = () => {
    const room = 16;
    stage.scale = Math.min((frame.clientWidth - room) / stage.width, (frame.clientHeight - room) / stage.height, 8);
    stage.scale = Math.max(SCALE_MIN, stage.scale);
    stage.fitted = true;
    lay();
  };

  function toPicture(clientX, clientY) {
    const box = sheet.getBoundingClientRect();
    return { x: (clientX - box.left) / stage.scale, y: (clientY - box.top) / stage.scale };
  }

  // Another picture is shown once it is there, so that nothing flickers.
  stage.show = async (address, width, height) => {
    if (picture.getAttribute("src") !== address) {
      const next = new Image();
      next.src = address;
      try { await next.decode(); } catch { /* the broken picture is then what is seen */ }
      picture.src = address;
    }
    if (width !== stage.width || height !== stage.height) {
      stage.width = width;
      stage.height = height;
      picture.setAttribute("width", width);
      picture.setAttribute("height", height);
      stage.cross = null;
      stage.fit();
    }
    stage.redraw();
  };

  stage.use = (tool) => {
    if (stage.tool && stage.tool.leave) stage.tool.leave();
    stage.penDown = false;
    stage.tool = tool;
    frame.classList.toggle("draws", Boolean(tool && tool.down));
    if (tool && tool.enter) tool.enter();
    stage.redraw();
  };

  // Pointers: one draws, or moves the picture with the middle button or the space bar; two pinch.
  const fingers = new Map();
  let held = null; // "draw", "pan" or "pinch"
  let spaced = false;
  let last = null;

  frame.addEventListener("pointerdown", (event) => {
    if (event.target === frame && event.offsetX > frame.clientWidth) return; // the scroll bar
    stage.cross = null;
    fingers.set(event.pointerId, event);
    frame.setPointerCapture(event.pointerId);
    last = { x: event.clientX, y: event.clientY };
    if (fingers.size === 2) {
      if (held === "draw" && stage.tool.cancel) stage.tool.cancel();
      held = "pinch";
    } else if (event.button === 1 || spaced || !stage.tool || !stage.tool.down) {
      held = "pan";
    } else if (event.button === 0) {
      held = "draw";
      stage.tool.down(toPicture(event.clientX, event.clientY), event);
      stage.redraw();
    }
    if (held) event.preventDefault();
  });

  frame.addEventListener("pointermove", (event) => {
    const place = toPicture(event.clientX, event.clientY);
    const inside = place.x >= 0 && place.y >= 0 && place.x < stage.width && place.y < stage.height;
    where.textContent = inside ? `${Math.floor(place.x)}, ${Math.floor(place.y)}` : "";
    if (held === "draw") {
      const all = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
      for (const each of all.length ? all : [event]) stage.tool.move(toPicture(each.clientX, each.clientY), event);
    } else if (held === "pan") {
      frame.scrollLeft -= event.clientX - last.x;
      frame.scrollTop -= event.clientY - last.y;
      last = { x: event.clientX, y: event.clientY };
    } else if (held === "pinch" && fingers.has(event.pointerId)) {
      const before = span([...fingers.values()]);
      fingers.set(event.pointerId, event);
      const now = span([...fingers.values()]);
      frame.scrollLeft -= now.x - before.x;
      frame.scrollTop -= now.y - before.y;
      if (before.length) stage.zoom((stage.scale * now.length) / before.length, now);
      return;
    } else if (stage.tool && stage.tool.hover) {
      stage.tool.hover(inside ? place : null, event);
    } else {
      return;
    }
    stage.redraw();
  });

  function span([one, two]) {
    if (!two) return { x: one.clientX, y: one.clientY, length: 0 };
    return {
      x: (one.clientX + two.clientX) / 2,
      y: (one.clientY + two.clientY) / 2,
      length: Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY),
    };
  }

  function release(event) {
    fingers.delete(event.pointerId);
    if (held === "draw") stage.tool.up(toPicture(event.clientX, event.clientY), event);
    if (fingers.size === 0) held = null;
    stage.redraw();
  }
  frame.addEventListener("pointerup", release);
  frame.addEventListener("pointercancel", (event) => {
    if (held === "draw" && stage.tool.cancel) { stage.tool.cancel(); held = null; }
    release(event);
  });
  frame.addEventListener("pointerleave", () => {
    if (!held && stage.tool && stage.tool.hover) { stage.tool.hover(null); stage.redraw(); }
  });

  frame.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    stage.zoom(stage.scale * Math.exp(-event.deltaY / 300), { x: event.clientX, y: event.clientY });
  }, { passive: false });

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  frame.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey) return;
    if (event.key === " ") { spaced = true; event.preventDefault(); return; }
    if (event.key === "+" || event.key === "=") { stage.zoom(stage.scale * 1.25); return; }
    if (event.key === "-") { stage.zoom(stage.scale / 1.25); return; }
    if (event.key === "0") { stage.fit(); return; }
    if (!stage.tool || !stage.tool.down) return;
    if (event.key === "Escape" && stage.penDown) {
      stage.penDown = false;
      if (stage.tool.cancel) stage.tool.cancel();
    } else if (ARROWS[event.key]) {
      const length = event.shiftKey ? 1 : Math.max(1, Math.round(Math.min(stage.width, stage.height) / 40));
      const from = stage.cross || { x: Math.round(stage.width / 2), y: Math.round(stage.height / 2) };
      const [dx, dy] = ARROWS[event.key];
      stage.cross = {
        x: Math.min(stage.width, Math.max(0, from.x + dx * length)),
        y: Math.min(stage.height, Math.max(0, from.y + dy * length)),
      };
      where.textContent = `${stage.cross.x}, ${stage.cross.y}`;
      if (stage.penDown) stage.tool.move(stage.cross, event);
    } else if (event.key === "Enter") {
      stage.cross = stage.cross || { x: Math.round(stage.width / 2), y: Math.round(stage.height / 2) };
      if (stage.penDown) {
        stage.tool.up(stage.cross, event);
        stage.penDown = false;
      } else {
        stage.penDown = stage.tool.down(stage.cross, event) !== false;
      }
    } else {
      return;
    }
    event.preventDefault();
    stage.redraw();
  });
  frame.addEventListener("keyup", (event) => { if (event.key === " ") spaced = false; });
  frame.addEventListener("blur", () => { spaced = false; stage.redraw(); });

  const ZOOMS = {
    in: () => stage.zoom(stage.scale * 1.25),
    out: () => stage.zoom(stage.scale / 1.25),
    fit: stage.fit,
    one: () => stage.zoom(1 / (window.devicePixelRatio || 1)),
  };
  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => ZOOMS[button.dataset.zoom]());
  }
  new ResizeObserver(() => { if (stage.fitted) stage.fit(); }).observe(frame);
  frame.classList.add("ready");
  stage.fit();
  return stage;
}
