// Numbers and sentences, to the letter as calphos.tables.quantities and calphos.tables.words write them.

// Python rounds a half to the even neighbour, toFixed away from zero; halves are exact only where the binary number is.
function fixed(x, decimals) {
  const text = x.toFixed(decimals);
  if (!Number.isInteger(x * 2 ** (decimals + 1)) || !x.toFixed(decimals + 1).endsWith("5")) return text;
  const down = x.toFixed(decimals + 1).slice(0, -1).replace(/\.$/, "");
  return Number(down[down.length - 1]) % 2 ? text : down;
}
// Python's format "g" with so many digits; a half goes to the even neighbour.
function general(x, digits = 6) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
  if (x === 0) return "0";
  let [mantissa, exponent] = x.toExponential(digits - 1).split("e");
  const exact = x.toExponential(60).split("e"), kept = digits + (digits > 1) + (x < 0);
  if (exact[1] === exponent && /^50*$/.test(exact[0].slice(kept)) && Number(exact[0][kept - 1]) % 2 === 0) mantissa = exact[0].slice(0, kept);
  const power = Number(exponent), trim = (text) => text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  if (power >= -4 && power < digits) return trim(fixed(x, digits - 1 - power));
  return `${trim(mantissa)}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}
const rounded = (x, decimals) => Number(fixed(x, decimals));

const SI = 0; // and 1 for conventional units
const quantity = (name) => MODEL.quantities[name];
const factor = (item, units) => units === SI ? 1 : item.factor;
function numberText(item, value, units) {
  const shown = value * factor(item, units), decimals = item.decimals[units];
  if (!Number.isFinite(shown)) return "–";
  const text = fixed(shown, decimals);
  return Number(text) === 0 ? fixed(0, decimals) : text.replace("-", "−");
}
function withUnit(item, value, units) {
  const unit = item.unit[units];
  return `${numberText(item, value, units)}${unit === "%" ? "" : " "}${unit}`;
}
function flag(item, value) {
  if (item.lower === null) return "";
  const shown = rounded(value, item.decimals[SI]);
  return shown < item.lower ? "low" : shown > item.upper ? "high" : "normal";
}
function spoken(label) {
  const first = label.slice(0, 2);
  const upper = first.toUpperCase() === first && first.toLowerCase() !== first;
  return upper || /^(Klotho|TmP)/.test(label) ? label : label[0].toLowerCase() + label.slice(1);
}
function describe(values, names, units) {
  return names.map((name) => {
    const item = quantity(name), said = flag(item, values[name]);
    return `${spoken(item.label)} ${withUnit(item, values[name], units)}${said ? `, ${said}` : ""}`;
  }).join("; ");
}
