// Text is placed where it is wanted; the service draws it with its own font, so widths may differ a little.

const LINE_HEIGHT = 1.3;

export function textTool(stage, form) {
  const fields = form.elements;
  const value = (name) => Number(fields[name].value) || 0;
  for (const name of ["text", "x", "y", "size", "weight", "colour", "opacity"]) fields[name].addEventListener("input", stage.redraw);
  let held = null;

  function lines() { return fields.text.value.split("\n"); }

  function extent(context) {
    context.font = `${fields.weight.value} ${value("size")}px sans-serif`;
    const width = Math.max(...lines().map((line) => context.measureText(line).width));
    return { x: value("x"), y: value("y"), width, height: lines().length * value("size") * LINE_HEIGHT };
  }

  function put(x, y) {
    fields.x.value = Math.round(x);
    fields.y.value = Math.round(y);
    stage.redraw();
  }

  return {
    down(place) {
      const box = extent(stage.context);
      const inside = fields.text.value && place.x > box.x && place.y > box.y && place.x < box.x + box.width && place.y < box.y + box.height;
      if (!inside) put(place.x, place.y);
      held = { dx: value("x") - place.x, dy: value("y") - place.y };
    },
    move(place) { if (held) put(place.x + held.dx, place.y + held.dy); },
    up() {
      held = null;
      if (!fields.text.value) fields.text.focus();
    },
    cancel() { held = null; },
    kept() { fields.text.value = ""; stage.redraw(); },
    draw(context) {
      const box = extent(context);
      if (fields.text.value) {
        context.globalAlpha = value("opacity") || 1;
        context.fillStyle = fields.colour.value;
        lines().forEach((line, number) => context.fillText(line, box.x, box.y + value("size") * (1 + number * LINE_HEIGHT)));
        context.globalAlpha = 1;
      }
      const outline = new Path2D();
      outline.rect(box.x, box.y, Math.max(box.width, stage.onScreen(2)), Math.max(box.height, value("size")));
      stage.line(outline, { dashed: true });
    },
  };
}
