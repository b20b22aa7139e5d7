// Light and colour as the service will compute them, shown at once by a filter over the picture.

const linear = (tone) => (tone <= 0.04045 ? tone / 12.92 : ((tone + 0.055) / 1.055) ** 2.4);
const encoded = (light) => (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055);

function contrasted(tone, contrast) {
  const slope = 2 ** (contrast / 50);
  if (slope === 1) return tone;
  if (slope < 1) return 0.5 + (tone - 0.5) * slope;
  const up = tone ** slope;
  return up / (up + (1 - tone) ** slope);
}

const levels = (map) => Array.from({ length: 256 }, (_, level) => map(level / 255));

// A monotone cubic through the points (Fritsch and Carlson 1980), of 0 … 1; without points, the straight line.
export function curve(points) {
  if (points.length < 2) return (tone) => tone;
  const xs = points.map(([x]) => x / 255);
  const ys = points.map(([, y]) => y / 255);
  const secants = xs.slice(1).map((x, i) => (ys[i + 1] - ys[i]) / (x - xs[i]));
  const slopes = xs.map((_, i) => {
    if (i === 0) return secants[0];
    if (i === xs.length - 1) return secants[i - 1];
    return secants[i - 1] * secants[i] <= 0 ? 0 : (secants[i - 1] + secants[i]) / 2;
  });
  secants.forEach((secant, i) => {
    if (secant === 0) { slopes[i] = slopes[i + 1] = 0; return; }
    const [a, b] = [slopes[i] / secant, slopes[i + 1] / secant];
    const length = a * a + b * b;
    if (length > 9) [slopes[i], slopes[i + 1]] = [a, b].map((part) => (3 / Math.sqrt(length)) * part * secant);
  });
  return (tone) => {
    const x = Math.min(Math.max(tone, xs[0]), xs[xs.length - 1]);
    let i = 0;
    while (i < xs.length - 2 && xs[i + 1] <= x) i += 1;
    const width = xs[i + 1] - xs[i];
    const t = (x - xs[i]) / width;
    const level = (1 + 2 * t) * (1 - t) ** 2 * ys[i] + t * (1 - t) ** 2 * width * slopes[i]
      + t * t * (3 - 2 * t) * ys[i + 1] + t * t * (t - 1) * width * slopes[i + 1];
    return Math.min(1, Math.max(0, level));
  };
}

const tables = document.querySelectorAll("#tone feFuncR, #tone feFuncG, #tone feFuncB");
const colours = document.querySelector("#tone feColorMatrix");
const IDENTITY = "1 0 0 0 0 0 1 0 0 0 0 0 1 0 0 0 0 0 1 0";

export function showTone(picture, { red, green, blue, matrix = IDENTITY }) {
  [red, green, blue].forEach((map, channel) => tables[channel].setAttribute("tableValues", levels(map).map((level) => level.toFixed(4)).join(" ")));
  colours.setAttribute("values", matrix);
  picture.style.filter = "url(#tone)";
}

export const plain = (picture) => { picture.style.filter = ""; };

export function adjustTool(stage, form) {
  const value = (name) => Number(form.elements[name].value) || 0;
  function show() {
    if (!["exposure", "contrast", "saturation", "temperature"].some(value)) { plain(stage.picture); return; }
    const warm = 1.5 ** (value("temperature") / 100);
    const tone = (gain) => (level) => contrasted(encoded(Math.min(1, 2 ** value("exposure") * gain * linear(level))), value("contrast"));
    const full = (100 + value("saturation")) / 100;
    const luma = [0.2126, 0.7152, 0.0722];
    const rows = [0, 1, 2].map((row) => [...luma.map((share, column) => share * (1 - full) + (row === column ? full : 0)), 0, 0].join(" "));
    showTone(stage.picture, { red: tone(warm), green: tone(1), blue: tone(1 / warm), matrix: `${rows.join(" ")} 0 0 0 1 0` });
  }
  form.addEventListener("input", show);
  return {
    enter: show,
    leave: () => plain(stage.picture),
    reset: () => { setTimeout(() => { form.dispatchEvent(new Event("input")); }); },
    kept: () => { form.reset(); plain(stage.picture); },
  };
}
