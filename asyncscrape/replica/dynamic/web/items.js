"use strict";
// What all dynamic pages share: the data of a section, and how an item looks.

async function bring(section, from = 0, count = 1000) {
  const answer = await fetch(`/api/${section}?from=${from}&count=${count}`);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

function item(one, tag = "li") {
  const element = document.createElement(tag);
  element.className = "item";
  element.dataset.section = one.section;
  element.dataset.number = one.number;
  element.innerHTML = `<b class="name"></b> <span class="price"></span>`;
  element.querySelector(".name").textContent = one.name;
  element.querySelector(".price").textContent = one.price;
  return element;
}

const later = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
