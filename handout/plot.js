// Small plots as SVG, drawn at the size they have on the screen, so that letters stay as large on a phone.
const svgNS = "http://www.w3.org/2000/svg";
function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(svgNS, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}
function html(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") element.className = value;
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}
const INK = "#111827", GREY = "#4b5563", RULE = "#e5e7eb", BAND = "#e3f1e7", BAND_EDGE = "#9cc5a9";
const DASHES = { "-": "", "--": "7 3", ":": "2 3", "-.": "8 3 2 3" };

// About `count` round numbers from low to high.
function ticks(low, high, count) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((part) => part * power).find((part) => part >= rough * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(i * step);
  return found;
}
const tickText = (value) => Math.abs(value) >= 1e4 ? `${general(value / 1000)}k` : general(Number(value.toPrecision(12))).replace("-", "\u2212");

// A plot with fixed axes: x and y are {range: [left or lower end, right or upper end], log, ticks}.
class Plot {
  constructor({ width, height, x, y, left = 46, right = 54, top = 8, bottom = 24, bands = [], label = "" }) {
    Object.assign(this, { width, height, left, right, top, bottom, x, y });
    this.root = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true", class: "plot" });
    this.inner = { width: Math.max(width - left - right, 10), height: height - top - bottom };
    const still = svg("g");
    this.root.append(still);
    for (const [low, high] of bands) {
      const y1 = this.Y(Math.min(high, y.range[1])), y0 = this.Y(Math.max(low, y.range[0]));
      if (y0 > y1) still.append(svg("rect", { x: left, width: this.inner.width, y: y1, height: y0 - y1, fill: BAND, stroke: BAND_EDGE, "stroke-width": 0.8 }));
    }
    const line = (x1, y1, x2, y2, colour) => still.append(svg("line", { x1, y1, x2, y2, stroke: colour, "stroke-width": 1 }));
    const word = (at, from, text, anchor) => still.append(svg("text", { x: at, y: from, "text-anchor": anchor, fill: "#374151" }, text));
    for (const value of this.marks(y, this.inner.height / 34)) {
      const at = this.Y(value);
      line(left, at, left + this.inner.width, at, RULE);
      word(left - 6, at + 4.5, tickText(value), "end");
    }
    const base = height - bottom;
    for (const value of this.marks(x, this.inner.width / 60)) {
      const at = this.X(value);
      line(at, top, at, base, RULE);
      word(at, base + 17, tickText(value), "middle");
    }
    line(left, top, left, base, "#6b7280");
    line(left, base, left + this.inner.width, base, "#6b7280");
    if (label) word(left + this.inner.width / 2, height - 3, label, "middle");
    this.layers = Object.fromEntries(["band", "ghost", "line", "mark", "text", "sketch"].map((name) => [name, svg("g", { class: `layer-${name}` })]));
    this.root.append(...Object.values(this.layers));
  }
  marks({ range, log, ticks: given }, count) {
    if (given) return given;
    const [low, high] = range[0] < range[1] ? range : [range[1], range[0]];
    if (!log) return ticks(low, high, Math.max(2, Math.min(6, Math.floor(count))));
    const found = [];
    for (let e = Math.ceil(Math.log10(low) - 1e-9); 10 ** e <= high * 1.000001; e++) found.push(10 ** e);
    return found;
  }
  share({ range: [a, b], log }, value) { return log ? Math.log(value / a) / Math.log(b / a) : (value - a) / (b - a); }
  X(value) { return this.left + this.inner.width * this.share(this.x, value); }
  // Kept just outside the plot where a curve leaves it; the clip does the rest.
  Y(value) {
    const share = this.y.log && !(value > 0) ? -1 : this.share(this.y, value);
    return this.top + this.inner.height * (1 - Math.max(-0.5, Math.min(1.5, share)));
  }
  path(xs, ys, fx = 1, fy = 1) {
    let d = "";
    for (let i = 0; i < xs.length; i++) d += `${i ? "L" : "M"}${this.X(xs[i] * fx).toFixed(1)} ${this.Y(ys[i] * fy).toFixed(1)}`;
    return d;
  }
  clip(id) {
    const { left, top, inner } = this;
    this.root.prepend(svg("clipPath", { id }, svg("rect", { x: left, y: top - 1, width: inner.width + 1, height: inner.height + 2 })));
    for (const name of ["band", "ghost", "line"]) this.layers[name].setAttribute("clip-path", `url(#${id})`);
  }
}
// The sign of a marker as matplotlib names it, around (x, y).
function markerPath(marker, x, y, r = 4) {
  const points = {
    s: [[-1, -1], [1, -1], [1, 1], [-1, 1]], D: [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]],
    "^": [[0, -1.3], [1.2, 1], [-1.2, 1]], v: [[0, 1.3], [1.2, -1], [-1.2, -1]],
  }[marker];
  if (!points) return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
  return `M${points.map(([dx, dy]) => `${(x + dx * r).toFixed(1)} ${(y + dy * r).toFixed(1)}`).join("L")}Z`;
}
// Positions moved as little as needed to lie at least `room` apart, within low to high.
function spread(positions, room, low, high) {
  const order = positions.map((_, i) => i).sort((a, b) => positions[a] - positions[b]);
  const placed = positions.slice();
  for (let i = 1; i < order.length; i++) placed[order[i]] = Math.max(placed[order[i]], placed[order[i - 1]] + room);
  if (order.length > 1 && placed[order[order.length - 1]] > high) {
    placed[order[order.length - 1]] = high;
    for (let i = order.length - 2; i >= 0; i--) placed[order[i]] = Math.min(placed[order[i]], placed[order[i + 1]] - room);
  }
  return placed.map((at) => Math.max(low, at));
}
