// What is told of an account: in a bubble while it is pointed at, and on the card once it is chosen.

const generationOf = (account) => eras[generation[account]]?.label || "generation not known";
const communityOf = (account) => (community[account] === NONE ? "in no community" : labelOf(community[account]));
const fact = (name, ...value) => [element("dt", "", name), element("dd", "", ...value)];
const factsOf = (account) => {
  const list = element("dl", "", ...fact("Followers", followers[account] === data.unknown ? "not known" : numbers.format(followers[account])),
    ...fact("Generation", generation[account] === NONE ? "not known" : generationOf(account)),
    ...fact("Community", isolated(communityOf(account))));
  if (bridges[account] !== NONE) list.append(...fact("Bridge to", isolated(labelOf(bridges[account]))));
  return list;
};
const profileLink = (account) => {
  const address = profileOf(account);
  if (!address) return element("p", "quiet", "No profile can be opened: ", isolated(permalinks[account] || "its permalink is empty"));
  const link = element("a", "", "Open profile");
  link.href = address;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return element("p", "", link, element("span", "quiet", " ", isolated(permalinks[account])));
};
const goTo = (account) => button("goto", () => choose(account, { fly: true }), isolated(nameOf(account)));
const listed = (heading, items) =>
  items.length ? [element("h3", "", heading), element("ol", "", ...items.map((item) => element("li", "", ...item)))] : [];

const bubble = $("bubble");
const showBubble = (account) => {
  bubble.hidden = account === NONE;
  if (account === NONE) return;
  bubble.replaceChildren(element("b", "", isolated(nameOf(account))), factsOf(account));
  const across = acrossOf(xs[account]), down = downOf(ys[account]), gap = radiusOf(account) + 10;
  const left = across + gap + bubble.offsetWidth < view.width ? across + gap : across - gap - bubble.offsetWidth;
  const top = within(down - 20, 6, view.height - bubble.offsetHeight - 6);
  bubble.style.transform = `translate(${Math.max(6, left)}px, ${top}px)`;
};
const setTies = (on) => {
  state.ties = on;
  $("ties").checked = on;
  if (state.chosen !== NONE) fillCard(state.chosen);
  if (on && state.chosen !== NONE) flyToAll([state.chosen, ...tiesOf(state.chosen).map(({ to }) => to)], view.scale);
  dress();
  relabel();
};
$("ties").addEventListener("change", () => setTies($("ties").checked));

const fillCard = (account) => {
  const all = tiesOf(account), tying = button("tying", () => {
    setTies(!state.ties);
    $("chosen").querySelector(".tying").focus();
  }, state.ties ? "Hide strongest ties" : "Show strongest ties");
  tying.setAttribute("aria-pressed", String(state.ties));
  tying.disabled = !all.length;
  const list = state.ties ? listed("Strongest ties", all.map(({ to, strength }) => [goTo(to), element("span", "number", numbers.format(strength))])) : [];
  $("chosen").replaceChildren(element("h2", "", isolated(nameOf(account))), factsOf(account), profileLink(account), tying, ...list);
};
const tell = (text) => ($("told").textContent = text);
const choose = (account, { fly = false } = {}) => {
  state.chosen = account;
  state.about = NONE;
  $("card").hidden = account === NONE;
  if (account === NONE) tell("");
  else {
    fillCard(account);
    $("card").scrollTop = 0;
    tell(`${nameOf(account)}, ${followersOf(account)}, ${generationOf(account)}, ${communityOf(account)}`);
    // On a phone the card takes the place of the hits, which are shown while the focus is among them.
    if (narrow.matches && fly && document.activeElement !== $("search")) {
      document.activeElement.blur();
      $("card").focus();
    }
    if (fly) flyToAccount(account);
    unfold(false);
  }
  dress();
  relabel();
};
const bars = (one) => {
  const most = Math.max(...one.generations, 1);
  return one.generations.flatMap((number, era) => {
    const bar = element("i", "bar");
    bar.style.width = `${(72 * number) / most}px`;
    bar.style.background = eras[era].colours[scheme()];
    return [element("dt", "", eras[era].label), element("dd", "", bar, ` ${numbers.format(number)}`)];
  });
};
const chooseCommunity = (number) => {
  const one = communities[number];
  choose(NONE);
  unfold(false);
  state.about = number;
  dress();
  const facts = element("dl", "", ...fact("Accounts", numbers.format(one.size)),
    ...fact("Stays inside", `${numbers.format(one.inner * 100)} %`), ...bars(one));
  const top = one.top.filter((account) => account !== NONE).slice(0, 10);
  $("chosen").replaceChildren(element("h2", "", isolated(labelOf(number))), facts, ...listed("Best known", top.map((account) => [goTo(account)])));
  $("card").hidden = false;
  tell(`${labelOf(number)}, ${counted(one.size, "account")}`);
  if (groups[number].length) flyToAll(groups[number], view.whole * 12, 0.04);
};
$("unchoose").addEventListener("click", () => {
  choose(NONE);
  sheet.focus();
});
