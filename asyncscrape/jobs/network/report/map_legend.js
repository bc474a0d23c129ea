// The legend: what the colours mean, how many accounts each stands for, and which of them are shown.

const colourOf = (account) => {
  const mode = MODES[state.colour], entry = mode.entries[mode.of[account]];
  return (entry ? entry.colours : data.neither)[scheme()];
};
const entry = (value, text, number, colour) => {
  const hidden = state.hidden[state.colour], swatch = element("i", "swatch");
  swatch.style.background = colour;
  const toggle = button("entry", () => {
    if (!hidden.delete(value)) hidden.add(value);
    toggle.setAttribute("aria-pressed", String(!hidden.has(value)));
    refilter();
  }, swatch, element("span", "text", isolated(text)), element("span", "number", numbers.format(number)));
  toggle.setAttribute("aria-pressed", String(!hidden.has(value)));
  toggle.title = text;
  const item = element("li", "", toggle);
  if (state.colour === "community" && value !== NONE) {
    const more = button("more", () => chooseCommunity(value), "›");
    more.setAttribute("aria-label", `About ${text}`);
    more.title = "Go there";
    item.append(more);
  }
  return item;
};
const listEntries = () => {
  const mode = MODES[state.colour], counts = new Map();
  for (const value of mode.of) counts.set(value, (counts.get(value) || 0) + 1);
  const items = mode.entries.flatMap(({ label, colours }, value) =>
    counts.has(value) ? [entry(value, label, counts.get(value), colours[scheme()])] : []);
  if (counts.has(NONE)) items.push(entry(NONE, mode.none, counts.get(NONE), data.neither[scheme()]));
  $("entries").replaceChildren(...items);
};
const countShown = () => {
  let shown = 0;
  for (let account = 0; account < size; account++) shown += !isHidden(account);
  $("shown").textContent = shown === size ? `${counted(size, "account")} shown.` : `${numbers.format(shown)} of ${counted(size, "account")} shown.`;
  $("all").hidden = shown === size;
};
const refilter = () => {
  countShown();
  dress();
  relabel();
};
$("all").addEventListener("click", () => {
  for (const hidden of Object.values(state.hidden)) hidden.clear();
  listEntries();
  refilter();
  $("entries").querySelector("button")?.focus();
});
const colourBy = (mode) => {
  state.colour = mode;
  listEntries();
  measureLabels();
  refilter();
  if ($("search").value) search();
};
for (const choice of document.getElementsByName("colour")) {
  choice.addEventListener("change", () => colourBy(choice.value));
}
dark.addEventListener("change", () => {
  listEntries();
  measureLabels();
});

const written = (value) => {
  if (typeof value === "number") return numbers.format(value);
  return value !== null && typeof value === "object" ? JSON.stringify(value) : String(value);
};
for (const [name, value] of Object.entries(data.facts)) {
  $("facts").append(element("dt", "", name.replaceAll("_", " ")), element("dd", "", isolated(written(value))));
}
$("made").hidden = !Object.keys(data.facts).length;
// On a phone the legend is folded away.
const unfold = (open) => {
  document.body.classList.toggle("unfolded", open);
  $("fold").setAttribute("aria-expanded", String(open));
  measure();
};
$("fold").addEventListener("click", () => unfold(!document.body.classList.contains("unfolded")));
