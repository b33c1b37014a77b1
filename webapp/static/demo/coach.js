// The coach: says what to do next, lights the control that does it, and on demand does it all.

import { unlock } from "./ear.js";
import { icon, say } from "./words.js";

const SEE_MS = 900; // before each press, so that an eye can follow
const HEAR_MS = { "answer": 1300, "answer-them": 1300, "dial": 4200 };
const LISTEN_MS = 6000; // to both tunes
const TUNES = { anna: "ode", boris: "star" };

export class Coach {
  /** @param {Map<string, import("./phone.js").Phone>} phones */
  constructor(phones) {
    this.phones = phones;
    this.step = null;
    this.playing = false;
    this.timer = 0;
    this.button = document.getElementById("do-it");
    this.button.addEventListener("click", () => this.#toggle());
  }

  /** @param {{number: number, name: string, phone: string}} step as in webapp/stage.py */
  show(step) {
    if (this.step && this.step.name === step.name && this.step.phone === step.phone) return;
    this.step = step;
    document.getElementById("coach-words").textContent = say(`step.${step.name}`);
    for (const item of document.querySelectorAll(".coach-steps [data-step]")) {
      const number = Number(item.dataset.step);
      item.classList.toggle("is-done", number < step.number);
      item.classList.toggle("is-now", number === step.number);
      if (number === step.number) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    }
    this.light();
    if (this.playing) this.#plan();
  }

  /** Light the control that is next. */
  light() {
    for (const one of document.querySelectorAll(".is-next")) one.classList.remove("is-next");
    this.#control()?.classList.add("is-next");
  }

  #control() {
    const phone = this.phones.get(this.step?.phone);
    const selector = {
      "register": ".send",
      "prove": ".send",
      "ask": ".send",
      "answer": ".answer",
      "dial": ".dial-all",
      "answer-them": ".answer",
      "talk": ".tune",
    }[this.step?.name];
    return phone && selector ? phone.find(selector) : null;
  }

  #toggle() {
    unlock();
    this.playing = !this.playing;
    this.#drawButton();
    clearTimeout(this.timer);
    if (!this.playing) return;
    if (this.step?.name === "done") this.step = { number: 3, name: "ask", phone: "anna" };
    this.#plan();
  }

  #plan() {
    clearTimeout(this.timer);
    if (this.step.name === "done") {
      this.playing = false;
      this.#drawButton();
      return;
    }
    this.timer = setTimeout(() => this.#do(), HEAR_MS[this.step.name] ?? SEE_MS);
  }

  async #do() {
    const phone = this.phones.get(this.step.phone);
    switch (this.step.name) {
      case "register":
      case "prove":
        await phone.send();
        break;
      case "ask":
        phone.find("textarea").value ||= phone.looks.suggestions.find((one) => one.why === "ask").text;
        await phone.send();
        break;
      case "answer":
      case "answer-them":
        await phone.answer();
        break;
      case "dial":
        await phone.dialAll();
        break;
      case "talk":
        await this.#talk();
        break;
    }
  }

  async #talk() {
    if ([...this.phones.values()].every((phone) => phone.looks.tune)) {
      await this.phones.get("anna").hangUp();
      return;
    }
    for (const phone of this.phones.values()) await phone.play(TUNES[phone.id] ?? "ode");
    this.timer = setTimeout(() => this.playing && this.step.name === "talk" && this.#do(), LISTEN_MS);
  }

  #drawButton() {
    this.button.classList.toggle("btn-primary", !this.playing);
    this.button.replaceChildren(icon(this.playing ? "player-stop" : "player-play"), document.createElement("span"));
    this.button.lastChild.textContent = say(this.playing ? "stop" : "do-it");
  }
}
