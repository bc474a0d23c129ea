"use strict";
// How the comments of a track feel, as a small model reads them: signs, words, and the curve along the track.
const moods = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const svg = (tag, attributes = {}, ...children) => {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };

  // Every label has a shape of its own, so that nobody has to tell colours apart.
  const round = (radius) => `M${-radius} 0a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0z`;
  const SHAPES = { "": round(3.2), positive: "M0-4L4 3H-4z", neutral: round(2.6), negative: "M0 4L4-3H-4z", noise: "M-2.5-2.5L2.5 2.5M-2.5 2.5L2.5-2.5", unsure: round(1.4) };
  const sign = (label) => svg("path", { class: label, d: SHAPES[label] });
  const icon = (label) => svg("svg", { class: "sign", viewBox: "-6 -6 12 12", "aria-hidden": "true" }, sign(label));

  // In lists a letter with the same shape is enough, which the style puts before the word.
  const said = (label) => {
    const made = document.createElement("span");
    made.className = `said ${label}`;
    made.textContent = label;
    return made;
  };

  const rounded = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2, signDisplay: "exceptZero" });
  const signed = (mood) => rounded.format(mood).replace("-", "−");
  const comments = (number) => `${number.toLocaleString("en-US")} comment${number === 1 ? "" : "s"}`;

  // The bytes of a curve, each as the difference from the one before: moods, 0 for none; then how many comments stand behind each.
  const unpacked = (steps, { points, most, halves }) => {
    let last = 0;
    const bytes = Array.from(steps, (step) => (last = (last + step) & 255));
    const values = bytes.slice(0, points).map((byte) => (byte ? (byte - most - 1) / most : null));
    const weights = bytes.slice(points).map((byte) => byte / halves);
    return { points, values, weights, known: values.some((value) => value !== null) };
  };

  // Stretches of the curve without a gap, each as its points; it begins and ends half a point further out.
  const stretches = ({ points, values }) => {
    const found = [];
    for (let n = 0; n < points; n++) {
      if (values[n] === null) continue;
      if (n === 0 || values[n - 1] === null) found.push([[n, -values[n]]]);
      const last = found.at(-1);
      last.push([n + 0.5, -values[n]]);
      if (n + 1 === points || values[n + 1] === null) last.push([n + 1, -values[n]]);
    }
    return found;
  };
  const line = (stretch) => stretch.map(([x, y], n) => `${n ? "L" : "M"}${x} ${y.toFixed(3)}`).join("");
  const area = (stretch) => `M${stretch[0][0]} 0${line(stretch).replace("M", "L")}L${stretch.at(-1)[0]} 0z`;

  // The more comments stand behind a point, the less it fades.
  const FAINTEST = 0.12, HALF = 3, NARROWEST = 0.5;
  const sureness = (weight) => FAINTEST + (1 - FAINTEST) * (weight / (weight + HALF));
  const fading = ({ points, weights }) =>
    svg("linearGradient", { id: "fading", gradientUnits: "userSpaceOnUse", x1: 0, x2: points, y1: 0, y2: 0 },
      ...weights.map((weight, n) => svg("stop", { offset: (n + 0.5) / points, "stop-color": "white", "stop-opacity": sureness(weight).toFixed(3) })));
  const half = (id, top, points) => svg("clipPath", { id }, svg("rect", { x: 0, y: top, width: points, height: 1 }));
  const draw = (made, curve, moments, share) => {
    const { points } = curve, found = stretches(curve), wide = { x: 0, y: -1, width: points, height: 2 };
    const areas = found.map(area).join(""), lines = found.map(line).join("");
    made.setAttribute("viewBox", `0 -1 ${points} 2`);
    made.replaceChildren(
      svg("defs", {}, fading(curve), half("above", -1, points), half("below", 0, points),
        svg("mask", { id: "faded", maskUnits: "userSpaceOnUse", ...wide }, svg("rect", { ...wide, fill: "url(#fading)" }))),
      ...moments.map(({ feeling, second, until }) => svg("rect", { class: feeling, x: points * share(second), y: -1, width: Math.max(NARROWEST, points * share(until - second)), height: 2 })),
      svg("line", { class: "zero", x1: 0, x2: points, y1: 0, y2: 0 }),
      svg("g", { mask: "url(#faded)" },
        svg("path", { class: "positive", "clip-path": "url(#above)", d: areas }),
        svg("path", { class: "negative", "clip-path": "url(#below)", d: areas }),
        svg("path", { class: "line", d: lines })));
  };

  // How loud the audio is along its own time, a character for each height from "0" on.
  const HIGHEST = 63, ABOUT = "How loud each part of the file is beside its loudest, from its beginning to its end";
  const energy = (letters) => {
    const heights = Array.from(letters, (letter) => HIGHEST - (letter.charCodeAt(0) - 48)), end = heights.length - 1;
    const shape = `M0 ${HIGHEST}${heights.map((height, n) => `L${n} ${height}`).join("")}L${end} ${HIGHEST}z`;
    const about = document.createElementNS(SVG, "title");
    about.textContent = ABOUT;
    return svg("svg", { class: "energy", viewBox: `0 0 ${end} ${HIGHEST}`, preserveAspectRatio: "none", role: "img", "aria-label": ABOUT }, about, svg("path", { d: shape }));
  };
  return { sign, icon, said, signed, comments, unpacked, draw, energy };
})();
