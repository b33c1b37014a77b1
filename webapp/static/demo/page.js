// The demo page: takes the pictures as they come and hands each part to who draws it.

import { showFacts, showProcesses } from "./chaos.js";
import { Coach } from "./coach.js";
import { Phone } from "./phone.js";
import { showCharge, showTimeline } from "./story.js";
import { expectNewToken, follow, renewToken, showTrouble } from "./wire.js";
import { say } from "./words.js";

const TICK_MS = 66;
const PANS = [-0.4, 0.4];
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

const elements = [...document.querySelectorAll("[data-phone]")];
const phones = new Map(elements.map((element, at) => [element.dataset.phone, new Phone(element, PANS[at] ?? 0)]));
const coach = new Coach(phones);
const picture = {};

follow((parts) => {
  const before = picture.step;
  Object.assign(picture, parts);
  if (parts.phones || parts.step) {
    for (const looks of picture.phones) phones.get(looks.id).show(looks, picture.step, picture.now_ms);
    coach.show(picture.step);
    coach.light();
    markTabs(picture.step, before);
  }
  if (parts.chapters) showTimeline(parts.chapters);
  if ("charge" in parts) showCharge(parts.charge);
  if (parts.processes) showProcesses(parts.processes);
  if (parts.facts) showFacts(parts.facts);
  if ("trouble" in parts) showTrouble(parts.trouble ? say(`trouble.${parts.trouble}`) : "", "trouble");
});

setInterval(() => phones.forEach((phone) => phone.tick()), TICK_MS);

// On a narrow screen one phone is shown at a time: the one whose turn it is, until somebody chooses.
const tabs = [...document.querySelectorAll("[data-shows]")];
for (const tab of tabs) tab.addEventListener("click", () => showPhone(tab.dataset.shows));

function showPhone(id) {
  for (const tab of tabs) tab.setAttribute("aria-pressed", String(tab.dataset.shows === id));
  for (const [name, phone] of phones) phone.element.classList.toggle("is-shown", name === id);
}

function markTabs(step, before) {
  for (const tab of tabs) tab.classList.toggle("wants-you", tab.dataset.shows === step.phone);
  for (const tab of tabs) tab.classList.toggle("has-call", phones.get(tab.dataset.shows).looks.state !== "idle");
  if (!step.phone || step.name === before?.name) return;
  if (step.phone !== before?.phone) showPhone(step.phone);
  const phone = phones.get(step.phone).element;
  const { top, bottom } = phone.getBoundingClientRect();
  const isNarrow = tabs[0].offsetParent !== null;
  const isWatched = top < innerHeight / 2 && bottom > 0; // who reads the timeline is left alone
  if (before && isNarrow && isWatched) phone.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
}

// The operator's one-time code, with the time it is good for.
async function showCode() {
  const place = document.getElementById("operator-left");
  place.value -= 1;
  if (place.value > 0) return;
  try {
    const fresh = await (await fetch("/demo/operator")).json();
    document.getElementById("operator-code").textContent = fresh.code;
    place.value = fresh.code_left_s;
  } catch {
    place.value = 1; // tried again in a second
  }
}
setInterval(showCode, 1000);

// Signing in on another tab makes new form tokens: take one when we come back.
const renew = () => renewToken().catch(() => {});
document.addEventListener("visibilitychange", () => document.hidden || renew());
addEventListener("focus", renew);
for (const form of document.querySelectorAll("[data-demo-form]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await renew();
    expectNewToken();
    HTMLFormElement.prototype.submit.call(form);
  });
}

globalThis.ringbackDemo = { phones, picture }; // for who looks under the bonnet, tests included
