// Draws the calls of each hour (console/_hours.html) from the table that stands below, and reads them anew once
// a minute. Calls with a talk stand full, those without stand hollow on top of them: no colour speaks alone.
(() => {
  "use strict";

  const READ_MS = 60000, LOOK_MS = 5000, TIMEOUT_MS = 8000;
  const LABEL_PX = 52, LEAST_TOP = 4, STEPS = [1, 2, 3, 4, 6, 12, 24];
  const section = document.getElementById("hours");
  if (!section || !window.uPlot) return;

  const figures = new Intl.NumberFormat(document.documentElement.lang);
  const sizes = new ResizeObserver(() => fit());
  let plot = null, hours = [], readAt = Date.now(), reading = false;

  const rows = () => [...section.querySelectorAll("tr[data-hour]")].map((row) => ({
    clock: row.dataset.hour, talked: Number(row.dataset.talked), other: Number(row.dataset.other),
  }));

  // The style sheet knows the colours: what it gives to the key, the bars get.
  const look = (name) => {
    const style = getComputedStyle(section.querySelector(name));
    return { fill: style.backgroundColor, stroke: style.borderTopColor, ink: style.color, font: `12px ${style.fontFamily}` };
  };

  const bars = (name) => {
    const { fill, stroke } = look(name);
    return { fill, stroke, width: 1.5, points: { show: false }, paths: uPlot.paths.bars({ size: [0.72, 40] }) };
  };

  // Whole hours that divide the day, as many as there is room for.
  const labelled = (chart) => {
    const each = (chart.bbox.width / devicePixelRatio) / hours.length;
    const step = STEPS.find((one) => one * each >= LABEL_PX) || 24;
    const fits = (at) => (hours.length - at - 0.5) * each >= LABEL_PX * 0.35;  // not cut off at the end
    return hours.map((_, at) => at).filter((at) => Number.parseInt(hours[at].clock, 10) % step === 0 && fits(at));
  };

  const point = (chart) => {
    const place = section.querySelector(".hours-point"), hour = hours[chart.cursor.idx];
    if (!place) return;
    place.textContent = hour && chart.cursor.left >= 0
      ? section.dataset.hoursPoint.replace("{hour}", hour.clock)
        .replace("{talked}", figures.format(hour.talked)).replace("{other}", figures.format(hour.other))
      : "";
  };

  const draw = () => {
    plot?.destroy();
    plot = null;
    sizes.disconnect();
    const place = section.querySelector(".hours-chart");
    hours = rows();
    if (!place || hours.length === 0) return;
    const { ink, font, stroke: line } = look(".hours-chart");
    const axis = { stroke: ink, font, ticks: { show: false } };
    const snap = (chart, left, top) => {
      const at = Math.min(hours.length - 1, Math.max(0, Math.round(chart.posToVal(left, "x"))));
      return left < 0 ? [left, top] : [chart.valToPos(at, "x"), top];
    };
    plot = new uPlot({
      width: place.clientWidth, height: place.clientHeight, padding: [8, 4, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false }, move: snap },
      hooks: { setCursor: [point] },
      scales: {
        x: { time: false, range: [-0.5, hours.length - 0.5] },
        y: { range: (_, __, most) => [0, Math.max(LEAST_TOP, Math.ceil(most * 1.08))] },
      },
      axes: [
        { ...axis, size: 28, grid: { show: false }, splits: labelled, values: (_, at) => at.map((one) => hours[one].clock) },
        {
          ...axis, space: 40, incrs: [1, 2, 5].flatMap((one) => [0, 1, 2, 3, 4, 5, 6].map((tens) => one * 10 ** tens)).sort((a, b) => a - b),
          size: (_, words) => 14 + 7.5 * Math.max(1, ...(words || []).map((word) => word.length)),
          grid: { stroke: line, width: 1 }, values: (_, at) => at.map((one) => figures.format(one)),
        },
      ],
      series: [{}, bars(".key-other"), bars(".key-talked")],
    }, [
      hours.map((_, at) => at),
      hours.map((hour) => hour.talked + hour.other || null),
      hours.map((hour) => hour.talked || null),
    ], place);
    sizes.observe(place);
  };

  const fit = () => {
    const place = section.querySelector(".hours-chart");
    if (!plot || !place || (place.clientWidth === plot.width && place.clientHeight === plot.height)) return;
    plot.setSize({ width: place.clientWidth, height: place.clientHeight });
  };

  const read = async () => {
    reading = true;
    readAt = Date.now();
    try {
      const answer = await fetch(section.dataset.hoursSrc, {
        headers: { "HX-Request": "true" }, cache: "no-store", credentials: "same-origin",
        redirect: "error", signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("hours");
      if (fresh) show(fresh);
    } catch {
      // the part around it says that nothing can be read; the next minute tries again
    } finally {
      reading = false;
    }
  };

  const show = (fresh) => {
    const isOpen = section.querySelector("details")?.open, focused = section.contains(document.activeElement);
    section.replaceChildren(...fresh.childNodes);
    const details = section.querySelector("details");
    if (details && isOpen) details.open = true;
    if (focused) details?.querySelector("summary").focus({ preventScroll: true });
    draw();
  };

  document.addEventListener("ringback:theme", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  setInterval(() => { if (!document.hidden && !reading && Date.now() - readAt >= READ_MS) read(); }, LOOK_MS);
  draw();
})();
