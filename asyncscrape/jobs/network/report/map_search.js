// The search: by a part of a display name or permalink, in any script.

const LISTED = 50;
// Letters that Unicode does not take apart, and the forms of sigma and i that depend on place or language.
const PLAIN = { ø: "o", ł: "l", đ: "d", ð: "d", æ: "ae", œ: "oe", þ: "th", ħ: "h", ı: "i", ς: "σ" };
const MARKS = /[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\p{Cf}]/gu;
// As casefold does: upper case first, so that "ß" and "SS" meet. Marks go twice: "İ" becomes an i with a dot above.
const folded = (text) =>
  text.normalize("NFKD").replace(MARKS, "").toUpperCase().toLowerCase().normalize("NFKD").replace(MARKS, "")
    .replace(/[øłđðæœþħıς]/g, (letter) => PLAIN[letter]).normalize("NFC").replace(/\s+/g, " ").trim();
let keys = null;
const keysOf = () => (keys ||= names.map((name, account) => [folded(name), folded(permalinks[account])]));
const found = (query) => {
  const wanted = folded(query), hits = [];
  if (wanted) keysOf().forEach(([name, permalink], account) => (name.includes(wanted) || permalink.includes(wanted)) && hits.push(account));
  return hits;
};

const quoted = (query) => {
  const text = query.trim();
  return element("span", "", "“", isolated(text.length > 40 ? `${text.slice(0, 39)}…` : text), "”");
};
const tellFound = (query, hits) => {
  if (!query.trim()) return $("found").replaceChildren();
  const count = counted(hits.length, "account");
  if (!hits.length) $("found").replaceChildren("Nothing found for ", quoted(query), ".");
  else if (hits.length <= LISTED) $("found").replaceChildren(`${count} found.`);
  else $("found").replaceChildren(`Too many to list: ${count}. These ${LISTED} have the most followers; type more to narrow it down.`);
};
const hitItem = (account) => {
  const swatch = element("i", "swatch");
  swatch.style.background = colourOf(account);
  const told = element("span", "quiet", isolated(permalinks[account]), ` · ${followersOf(account)}`);
  const text = element("span", "hit", element("b", "", isolated(nameOf(account))), told);
  return element("li", "", button("", () => choose(account, { fly: true }), swatch, text));
};
const search = () => {
  const query = $("search").value, hits = found(query);
  state.hits = new Set(hits);
  tellFound(query, hits);
  $("hits").replaceChildren(...hits.slice(0, LISTED).map(hitItem));
  $("hits").scrollTop = 0;
  document.body.classList.toggle("searching", Boolean(query.trim()));
  if (hits.length === 1) choose(hits[0], { fly: true });
  dress();
  relabel();
};
const clearSearch = () => {
  if (!$("search").value) return false;
  $("search").value = "";
  search();
  return true;
};
$("search").addEventListener("input", search);

// Arrows walk through the hits, from the field and back to it.
const step = (by) => {
  const all = [...$("hits").querySelectorAll("button")], at = all.indexOf(document.activeElement);
  (at + by < 0 ? $("search") : all[Math.min(at + by, all.length - 1)])?.focus();
};
$("finding").addEventListener("keydown", (event) => {
  if (event.target === $("fold")) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    step(event.key === "ArrowDown" ? 1 : -1);
  }
  if (event.key === "Enter" && event.target === $("search")) $("hits").querySelector("button")?.click();
});
