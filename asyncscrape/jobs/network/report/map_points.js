// The accounts as points: what is shown of them, and how each looks.

const dark = matchMedia("(prefers-color-scheme: dark)");
const scheme = () => (dark.matches ? "dark" : "light");
const MODES = {
  community: { of: community, entries: communities.map((one, number) => ({ label: labelOf(number), colours: one.colours })), none: "in no community" },
  generation: { of: generation, entries: eras, none: "not known" },
};
const state = {
  colour: communities.length ? "community" : "generation",
  hidden: { community: new Set(), generation: new Set() },
  hits: new Set(),
  chosen: NONE,
  pointed: NONE,
  about: NONE,
  ties: false,
};

const roomy = within(2.6 - 0.4 * Math.log10(Math.max(size, 1)), 1, 2.2);
const radii = Float32Array.from(followers, (number) => {
  const known = number === data.unknown ? 0 : Math.log10(number + 1);
  return roomy * (1.35 + 0.1 * known * known);
});
const grown = () => within(nearer() ** 0.42, 0.75, 4.5);
const radiusOf = (account) => radii[account] * grown();

const isHidden = (account) => state.hidden.community.has(community[account]) || state.hidden.generation.has(generation[account]);
const tied = () => (state.ties ? (state.pointed !== NONE ? state.pointed : state.chosen) : NONE);
// The accounts that the reader asked for; the others step back. Null: all are alike.
const focus = () => {
  if (tied() !== NONE) return new Set([tied(), state.chosen, ...tiesOf(tied()).map(({ to }) => to), ...state.hits]);
  if (state.about !== NONE) return new Set(groups[state.about]);
  return state.hits.size ? state.hits : null;
};
const rgb = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
const looks = new Uint8Array(size * 4), sizes = new Float32Array(size);
const STRONG = 225, FAINT = 150, AWAY = 34;
const dress = () => {
  const mode = MODES[state.colour], wanted = focus();
  const colours = mode.entries.map((entry) => rgb(entry.colours[scheme()])), neither = rgb(data.neither[scheme()]);
  for (let account = 0; account < size; account++) {
    const colour = colours[mode.of[account]] || neither, asked = wanted?.has(account) || account === state.chosen;
    sizes[account] = isHidden(account) && !asked ? 0 : radii[account];
    looks.set(colour, account * 4);
    looks[account * 4 + 3] = asked ? 255 : wanted ? AWAY : colour === neither ? FAINT : STRONG;
  }
  drawing.dressed();
  drawn = null;
  repaint();
};
