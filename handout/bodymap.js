// The body map: a still picture with arrows as wide as the daily fluxes and hormones as bright as their levels, in the units
// of the map (900 by 620, y upward), as calphos.drawing.bodymap draws them. On a phone its numbers stand in a list below.
KINDS["body map"] = (() => {
  const rgb = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const mix = (low, high, share) => { const a = rgb(low), b = rgb(high); return `rgb(${a.map((part, i) => Math.round(part + (b[i] - part) * share)).join(" ")})`; };
  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
  const shade = (mineral, ratio) => {
    const [pale, middle, dark] = BODY.shades[mineral], turn = clamp(Math.log2(Math.max(ratio, 1e-3)), -1, 1);
    return turn < 0 ? mix(middle, pale, -turn) : mix(middle, dark, turn);
  };
  const H = 620;
  const d = (points, close = true) => `M${points.map(([x, y]) => `${x.toFixed(1)} ${(H - y).toFixed(1)}`).join("L")}${close ? "Z" : ""}`;
  const cubic = (p) => `M${p[0][0]} ${H - p[0][1]}C${p.slice(1).map(([x, y]) => `${x.toFixed(1)} ${(H - y).toFixed(1)}`).join(" ")}`;
  function halfArrow(start, end, width, side) {
    const length = Math.hypot(end[0] - start[0], end[1] - start[1]);
    const along = [(end[0] - start[0]) / length, (end[1] - start[1]) / length], across = [-along[1] * side, along[0] * side];
    const head = Math.min(12 + 0.35 * width, 0.45 * length), wing = Math.min(2 + 1.5 * width, 8);
    const neck = [end[0] - head * along[0], end[1] - head * along[1]];
    const off = ([x, y], by) => [x + by * across[0], y + by * across[1]];
    return [end, off(neck, width + wing), off(neck, width), off(start, width), start];
  }
  const amountOf = (name, mineral, values) => {
    const { calcium, phosphate } = BODY.fluxes[name];
    if (mineral === "calcium") return [values[calcium], calcium];
    if (!phosphate) return [0, "urine_phosphate"];
    return [(BODY.bone.includes(name) ? MODEL.parameters.bone_phosphate_ratio.value : 1) * values[phosphate], "urine_phosphate"];
  };
  const numberOf = (name, label, values, units) => {
    if (name === "deposit") return `${label} ${withUnit(quantity("labile_deposit"), values.labile_deposit + values.mature_deposit, units)}`;
    const item = quantity(name);
    if (name === "gland_mass") return `${label} ${numberText(item, values[name], SI)} × normal`;
    return `${label} ${withUnit(item, values[name], units)}${{ high: " ▲", low: " ▼" }[flag(item, values[name])] || ""}`.trim();
  };
  return {
    solve: (spec, settings) => last(runCourse(spec.run, settings)),
    numbers: (spec, result) => result,
    table: (spec, result, units) => valuesTable([...new Set(Object.values(BODY.fluxes).flatMap(({ calcium, phosphate }) => [calcium, phosphate]).filter(Boolean)),
      "ionised_calcium", "total_calcium", "phosphate", "pth", "calcitriol", "fgf23", "gfr"], result, units),
    build(view) {
      const { spec, units } = view, healthy = healthyOf(spec), phone = view.width < 600;
      view.figure.style.setProperty("--columns", 1);
      const root = svg("svg", { viewBox: "0 0 900 620", width: view.width, height: Math.round((view.width * 620) / 900), "aria-hidden": "true", class: "plot map" });
      const still = document.importNode(new DOMParser().parseFromString(BODY.stills[units], "image/svg+xml").documentElement, true);
      for (const [key, value] of Object.entries({ x: 0, y: 0, width: 900, height: 620 })) still.setAttribute(key, value);
      if (phone) for (const text of still.querySelectorAll("text")) text.remove();
      root.append(still);
      const put = (attributes) => { const path = svg("path", attributes); root.append(path); return path; };
      const words = (attributes) => { const text = svg("text", { "font-size": 18, ...attributes }); if (!phone) root.append(text); return text; };
      const kidneys = BODY.kidneys.map((points) => put({ d: d(points), stroke: "#8f4a37", "stroke-width": 2.8 }));
      const glands = BODY.glands.map((at) => { const gland = svg("ellipse", { cx: at[0], cy: H - at[1], fill: "#c98a1b", stroke: "#7a4f06", "stroke-width": 1.6 }); root.append(gland); return gland; });
      const flecks = put({ fill: "#3f3a36", stroke: "#fff", "stroke-width": 0.8 });
      const arrows = Object.entries(BODY.fluxes).flatMap(([name, flux]) => ["calcium", "phosphate"].map((mineral) => ({
        name, mineral, ...flux, arrow: put({ "data-line": `${name}-${mineral}` }), outline: put({ fill: "none", stroke: INK, "stroke-width": 1.6, "stroke-dasharray": "4 3" }),
        text: flux.caption && (mineral === "calcium" || name !== "deposited") ? words({ fill: BODY.text[mineral], "font-weight": "bold" }) : null,
      })));
      const hormones = Object.entries(BODY.hormones).map(([name, { paths, at, side }]) => ({
        name, item: quantity(name),
        parts: paths.map((points) => ({ points, line: put({ fill: "none" }), head: put({}) })),
        text: words({ x: at[0], y: H - at[1], "text-anchor": { left: "start", center: "middle", right: "end" }[side], fill: quantity(name).colour, "font-weight": "bold" }), at,
      }));
      const numbers = BODY.numbers.map(({ name, label, x, y, side, colour }) => ({
        name, label, text: words({ x, y: H - y + 6, "text-anchor": { left: "start", center: "middle", right: "end" }[side], fill: colour }),
      }));
      view.figure.append(html("div", { class: "cell" }, root));
      const list = phone ? html("dl", { class: "map-list" }) : null;
      if (list) view.figure.append(list);
      return {
        update(values) {
          for (const { name, mineral, start, end, arrow, outline, text } of arrows) {
            const [amount, item] = amountOf(name, mineral, values), [rest] = amountOf(name, mineral, healthy);
            const side = (BODY.right.includes(name) ? -1 : 1) * (mineral === "calcium" ? 1 : -1);
            const [width, ghost] = [amount, rest].map((value) => Math.min(Math.max(BODY.flux * value, 0), BODY.widest));
            arrow.setAttribute("d", d(halfArrow(start, end, width, side)));
            arrow.setAttribute("fill", shade(mineral, Math.max(amount, 1e-3) / Math.max(rest, 1e-3)));
            outline.setAttribute("d", d(halfArrow(start, end, ghost, side), false));
            if (!text) continue;
            text.textContent = `${mineral === "calcium" ? "Ca" : "P"} ${numberText(quantity(item), amount, units)}`;
            placeNumber(text, start, end, Math.max(width, ghost), side);
          }
          for (const { name, item, parts, text, at } of hormones) {
            const share = clamp(0.45 + (0.55 * Math.log(Math.max(values[name] / healthy[name], 1e-3))) / Math.log(8), 0.08, 1);
            const width = 1.4 + 4.6 * share, colour = mix("#ddd6e6", item.colour, share), size = 7 + 2.1 * width;
            for (const { points, line, head } of parts) {
              const [p2, p3] = points.slice(2), length = Math.hypot(p3[0] - p2[0], p3[1] - p2[1]);
              const along = [(p3[0] - p2[0]) / length, (p3[1] - p2[1]) / length], across = [-along[1], along[0]];
              const base = [p3[0] - size * along[0], p3[1] - size * along[1]];
              const to = [base[0] + 0.3 * size * along[0], base[1] + 0.3 * size * along[1]];
              const set = (path, attributes) => { for (const [key, value] of Object.entries(attributes)) path.setAttribute(key, value); };
              set(line, { d: cubic([...points.slice(0, 3), to]), stroke: colour, "stroke-width": (width * 1.3).toFixed(2) });
              set(head, { d: d([p3, [base[0] + 0.55 * size * across[0], base[1] + 0.55 * size * across[1]], [base[0] - 0.55 * size * across[0], base[1] - 0.55 * size * across[1]]]), fill: colour });
            }
            const mark = { high: " ▲", low: " ▼" }[flag(item, values[name])] || "", label = item.label.split(" (")[0];
            const level = `${withUnit(item, values[name], units)}${mark}`;
            if (name === "pth") text.textContent = `${label} ${level}`;
            else text.replaceChildren(svg("tspan", { x: at[0], dy: -4 }, label), svg("tspan", { x: at[0], dy: 21 }, level));
          }
          for (const { name, label, text } of numbers) text.textContent = numberOf(name, label, values, units);
          const rest = healthy.labile_deposit + healthy.mature_deposit, deposit = values.labile_deposit + values.mature_deposit;
          const count = Math.floor(clamp(14 * Math.log10(1 + Math.max(deposit - rest, 0)), 0, BODY.flecks.length));
          flecks.setAttribute("d", BODY.flecks.slice(0, count).map(([x, y, s]) => d([[x - s, y], [x, y + 0.8 * s], [x + 0.9 * s, y + 0.1], [x + 0.1, y - 0.9 * s]])).join("") || "M0 0");
          for (const kidney of kidneys) kidney.setAttribute("fill", mix("#d9d5d2", "#d98f78", clamp(values.gfr / healthy.gfr, 0, 1)));
          const size = 5.5 * Math.min(Math.max(values.gland_mass, 0.05), 20) ** 0.4;
          for (const gland of glands) { gland.setAttribute("rx", (1.2 * size).toFixed(1)); gland.setAttribute("ry", size.toFixed(1)); }
          if (list) fillList(list, values, units);
        },
      };
    },
  };
  function placeNumber(text, start, end, width, side) {
    const set = (x, y, anchor) => { text.setAttribute("x", x.toFixed(1)); text.setAttribute("y", (H - y).toFixed(1)); text.setAttribute("text-anchor", anchor); };
    if (start[0] !== end[0] && start[1] !== end[1]) { set(284, 474, "start"); return; }
    const length = Math.hypot(end[0] - start[0], end[1] - start[1]);
    const along = [(end[0] - start[0]) / length, (end[1] - start[1]) / length], across = [-along[1] * side, along[0] * side];
    const x = start[0] * 0.56 + end[0] * 0.44 + (width + 6) * across[0], y = start[1] * 0.56 + end[1] * 0.44 + (width + 6) * across[1];
    if (Math.abs(along[0]) > 0.9) set(x, across[1] > 0 ? y + 2 : y - 16, "middle");
    else set(x, y - 6, across[0] > 0 ? "start" : "end");
  }
  function fillList(list, values, units) {
    const unit = quantity("urine_calcium").unit[units];
    const rows = Object.entries(BODY.fluxes).filter(([, flux]) => flux.caption).map(([name, flux]) => [
      flux.caption.replace(/[,\n]? ?\{\}/, ""), ["calcium", "phosphate"].filter((mineral) => mineral === "calcium" || flux.phosphate).map((mineral) => {
        const [amount, item] = amountOf(name, mineral, values);
        return `${mineral === "calcium" ? "Ca" : "P"} ${numberText(quantity(item), amount, units)}`;
      }).join(" · ") + ` ${unit}`]);
    for (const name of Object.keys(BODY.hormones)) rows.push([quantity(name).label, `${withUnit(quantity(name), values[name], units)}${{ high: " ▲", low: " ▼" }[flag(quantity(name), values[name])] || ""}`]);
    for (const { name, label } of BODY.numbers) {
      const text = numberOf(name, "", values, units);
      rows.push([{ deposit: "Deposit in soft tissue", bone_calcium: "Calcium in bone" }[name] || quantity(name)?.label || label, text.trim()]);
    }
    list.replaceChildren(...rows.flatMap(([term, value]) => [html("dt", {}, term), html("dd", {}, value)]));
  }
})();
