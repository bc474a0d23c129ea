// What lies over the points: the strongest ties of one account, and rings around what is pointed at, found or chosen.

const over = $("lines"), MOST_RINGS = 300;
const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const ring = (pen, account, colour, width, gap) => {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.beginPath();
  pen.arc(acrossOf(xs[account]), downOf(ys[account]), radiusOf(account) + gap, 0, 7);
  pen.stroke();
};
const line = (pen, from, { to, strength }, most) => {
  const [x1, y1, x2, y2] = [acrossOf(xs[from]), downOf(ys[from]), acrossOf(xs[to]), downOf(ys[to])];
  const share = Math.sqrt(Math.max(0, strength) / most);
  pen.globalAlpha = 0.35 + 0.6 * share;
  pen.lineWidth = 0.8 + 2.7 * share;
  pen.beginPath();
  pen.moveTo(x1, y1);
  // A slight bend keeps lines apart that lead the same way.
  pen.quadraticCurveTo((x1 + x2) / 2 + (y2 - y1) * 0.08, (y1 + y2) / 2 - (x2 - x1) * 0.08, x2, y2);
  pen.stroke();
  pen.globalAlpha = 1;
};
const paintLines = () => {
  const owner = tied(), few = state.hits.size <= MOST_RINGS ? state.hits : [];
  const any = owner !== NONE || few.size || state.chosen !== NONE || state.pointed !== NONE;
  over.hidden = !any;
  if (!any) return;
  fitted(over, pixels());
  const pen = over.getContext("2d");
  pen.setTransform(pixels(), 0, 0, pixels(), 0, 0);
  pen.clearRect(0, 0, view.width, view.height);
  if (owner !== NONE) {
    const all = tiesOf(owner), most = Math.max(...all.map(({ strength }) => strength), 1e-9);
    pen.strokeStyle = ink("--ink");
    for (const tie of all) line(pen, owner, tie, most);
    for (const { to } of all) ring(pen, to, ink("--ink"), 1, 1);
  }
  for (const account of few) ring(pen, account, ink("--accent"), 1.5, 2);
  if (state.pointed !== NONE) ring(pen, state.pointed, ink("--ink"), 1.5, 1.5);
  if (state.chosen !== NONE) ring(pen, state.chosen, ink("--accent"), 3, 4);
};
painters.push(paintLines);
