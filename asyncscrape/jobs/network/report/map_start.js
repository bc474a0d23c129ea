// All parts are there: take the measures, draw for the first time.

$("nothing").hidden = size > 0;
$("search").disabled = size === 0;
for (const choice of document.getElementsByName("colour")) {
  choice.checked = choice.value === state.colour;
  choice.disabled = choice.value === "community" && !communities.length;
}
measure();
look(wholeView());
measureLabels();
listEntries();
refilter();
new ResizeObserver(() => {
  measure();
  relabel();
}).observe(sheet);
document.documentElement.dataset.usableAfter = Math.round(performance.now());
