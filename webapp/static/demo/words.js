// The page's sentences in its reader's language: `say("ringing", {name: "Anna"})`.

const sentences = JSON.parse(document.getElementById("demo-words").textContent);
const mark = new Intl.NumberFormat(document.documentElement.lang).format(1.5).charAt(1);

/**
 * A sentence with its places filled.
 * @param {string} name its name in webapp/demo_words.py; one there is not is said as it is
 * @param {Record<string, string|number>} values
 * @returns {string}
 */
export function say(name, values = {}) {
  const sentence = sentences[name] ?? name;
  return sentence.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? written(values[key]) : whole));
}

/**
 * A figure or a sum of money as the page's language writes it; any other text as it is.
 * @param {string|number} value such as "9.911 EUR"
 */
export function written(value) {
  return String(value).replace(/^(-?\d+)\.(\d+)( [A-Z]{3})?$/, `$1${mark}$2$3`);
}

/**
 * A `Say` of the stage as text; empty for one that says nothing.
 * @param {{name: string, values: Record<string, string>}} told
 */
export function tell(told) {
  return told.name ? say(told.name, told.values) : "";
}

/** 12497 as "12 497", with thin spaces. @param {number} value */
export function milliseconds(value) {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/**
 * Tell it to who cannot see the page.
 * @param {string} words
 */
export function announce(words) {
  const place = document.getElementById("announcer");
  const line = document.createElement("span");
  line.textContent = `${words} `;
  place.append(line);
  while (place.childElementCount > 5) place.firstElementChild.remove();
}

/**
 * An element with text and children: `make("li", "moment", "words", child)`.
 * @param {string} tag
 * @param {string} className
 * @param {...(string|Node)} content
 */
export function make(tag, className = "", ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

/**
 * An icon of the sprite.
 * @param {string} name
 */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("width", "20");
  svg.setAttribute("height", "20");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${document.getElementById("demo").dataset.icons}#${name}`);
  svg.append(use);
  return svg;
}
