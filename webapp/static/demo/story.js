// The timeline and the charge: drawn anew when they change, the present chapter open.

import { make, milliseconds, say, tell, written } from "./words.js";

const opened = new Map(); // chapters whose reader has chosen: key → open

/**
 * What happened, chapter by chapter.
 * @param {object[]} chapters as in webapp/stage.py, the oldest first
 */
export function showTimeline(chapters) {
  if (!chapters.length) return;
  const place = document.getElementById("timeline");
  const atEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 40;
  place.replaceChildren(
    ...chapters.map((chapter, at) => {
      const box = make("details", "chapter", make("summary", "", tell(chapter.title)));
      box.open = opened.get(chapter.key) ?? at === chapters.length - 1;
      box.addEventListener("toggle", () => box.open !== (at === chapters.length - 1) && opened.set(chapter.key, box.open));
      const list = make("ol", "moments");
      for (const moment of chapter.moments) {
        list.append(
          make(
            "li",
            moment.mark ? "moment is-story" : "moment",
            make("span", "moment-ms", milliseconds(moment.since_ms)),
            make("span", `where where-${moment.place}`, moment.place),
            make("span", "moment-words", tell(moment.say), " ", make("small", "", tell(moment.detail))),
          ),
        );
      }
      box.append(list);
      return box;
    }),
  );
  if (atEnd) place.scrollTop = place.scrollHeight;
}

/**
 * The money of the newest callback, leg by leg.
 * @param {object|null} charge
 */
export function showCharge(charge) {
  const place = document.getElementById("charge");
  if (!charge) {
    place.replaceChildren(make("p", "nothing", say("no-charge")));
    return;
  }
  const legs = make("ul", "legs", ...charge.legs.map(leg));
  const names = place.dataset;
  const sums = make("dl", "sums");
  for (const [name, amount] of [
    ["before", charge.before],
    ["held", charge.held],
    ["settled", charge.settled],
    ["released", charge.released],
    ["balance", charge.balance],
  ]) {
    if (!charge.closed && (name === "settled" || name === "released")) continue;
    sums.append(make("div", `sum sum-${name}`, make("dt", "", names[name]), make("dd", "", written(amount))));
  }
  place.replaceChildren(legs, sums);
}

function leg(one) {
  const price = say("price", { connect: one.connect, minute: one.minute });
  const steps = say("increments", { first: one.first_s, next: one.next_s });
  const lines = [make("small", "", `${price}, ${steps}`)];
  if (one.cost) {
    const seconds = (one.talked_ms / 1000).toFixed(1);
    const parts = one.increments
      ? say("steps", { first: one.first_s, count: one.increments, next: one.next_s })
      : say("steps-none", { first: one.first_s });
    lines.push(make("small", "", `${say("talked", { seconds, billed: one.billed_s })}: ${parts}`));
  }
  return make(
    "li",
    "leg",
    make("span", "leg-role", one.role),
    make("strong", "", say(`legs.${one.role}`, { name: one.who || one.number })),
    make("span", "leg-cost", written(one.cost) || say("not-charged")),
    ...lines,
  );
}
