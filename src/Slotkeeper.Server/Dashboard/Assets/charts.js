// Draws the charts that came with a part of a page; again in other colours, in another width, and gone when the part has gone.
(() => {
  const drawn = new Map();
  // Told apart by their dashes as well.
  const strokes = [
    { light: "#1f5f9e", dark: "#7db7f0", dash: [] },
    { light: "#8a4b00", dark: "#f2b35e", dash: [8, 4] },
    { light: "#b02121", dark: "#ff9a93", dash: [2, 3] },
    { light: "#1a6e34", dark: "#6fd08c", dash: [10, 3, 2, 3] },
    { light: "#6b3fa0", dark: "#c9a6f5", dash: [4, 4] },
  ];
  const isDark = () => document.documentElement.getAttribute("data-bs-theme") === "dark";

  function draw(place) {
    const { unit, times, lines } = JSON.parse(place.dataset.chart);
    const dark = isDark();
    const ink = getComputedStyle(document.body).color;
    const axis = { stroke: ink, grid: { stroke: dark ? "#ffffff22" : "#00000018", width: 1 }, ticks: { show: false } };
    const plot = new uPlot({
      width: Math.max(260, place.clientWidth),
      height: 200,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      scales: { y: { range: (_, least, most) => [0, Math.max(1, (most ?? 0) * 1.1)] } },
      axes: [
        { ...axis, label: "UTC", labelSize: 16, values: [
          [86400, "{YYYY}-{MM}-{DD}", null, null, null, null, null, null, 1],
          [60, "{HH}:{mm}", null, null, null, null, null, null, 1],
          [1, "{HH}:{mm}:{ss}", null, null, null, null, null, null, 1],
        ] },
        { ...axis, label: unit, labelSize: 16, size: 60, values: (_, ticks) => ticks.map((one) => one.toLocaleString("en")) },
      ],
      series: [
        { label: "UTC", value: "{YYYY}-{MM}-{DD} {HH}:{mm}" },
        ...lines.map((line, at) => ({ label: line.name, stroke: strokes[at % strokes.length][dark ? "dark" : "light"], dash: strokes[at % strokes.length].dash, width: 2, points: { size: 4 }, spanGaps: false })),
      ],
    }, [times, ...lines.map((line) => line.values)], place);
    drawn.set(place, plot);
  }

  const widths = new ResizeObserver((changes) => {
    for (const { target } of changes) {
      const plot = drawn.get(target);
      if (plot && target.clientWidth > 0 && target.clientWidth !== plot.width) plot.setSize({ width: Math.max(260, target.clientWidth), height: 200 });
    }
  });

  function forget(place) {
    widths.unobserve(place);
    drawn.get(place)?.destroy();
    drawn.delete(place);
  }

  function look() {
    for (const place of [...drawn.keys()]) if (!place.isConnected) forget(place);
    for (const place of document.querySelectorAll("[data-chart]")) {
      if (drawn.has(place)) continue;
      draw(place);
      widths.observe(place);
    }
  }

  document.addEventListener("htmx:after:swap", look);
  document.addEventListener("slotkeeper:theme", () => { for (const place of [...drawn.keys()]) { forget(place); } look(); });
  addEventListener("DOMContentLoaded", look);
})();
