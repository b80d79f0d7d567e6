"use strict";
// Draws what was measured. Everything it needs is in this page.
(async () => {
  const byId = (id) => document.getElementById(id);
  const about = JSON.parse(byId("about").textContent);
  const nWindows = about.windows.length, nFrames = about.numbers.length, nSamples = nWindows * nFrames;
  if (!nSamples) return;

  // ---- What was measured, unpacked ----

  const text = byId("packed").textContent.trim();
  const zipped = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([zipped]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());

  // Differences in steps, their lowest bytes first; bit 0 is the sign.
  function displacements(start) {
    const out = new Float32Array(nSamples);
    for (let window = 0; window < nWindows; window++) {
      let steps = 0;
      for (let k = window * nFrames; k < (window + 1) * nFrames; k++) {
        const coded = bytes[start + k] | bytes[start + nSamples + k] << 8 |
          bytes[start + 2 * nSamples + k] << 16 | bytes[start + 3 * nSamples + k] << 24;
        steps = steps + ((coded >>> 1) ^ -(coded & 1)) | 0;
        out[k] = bytes[10 * nSamples + k] & 0x80 ? steps * about.step_px : NaN;
      }
    }
    return out;
  }
  const dx = displacements(0), dy = displacements(4 * nSamples);
  const lengths = dx.map((x, k) => Math.hypot(x, dy[k]));
  const statusOf = (k) => about.statuses[bytes[10 * nSamples + k] & 0x7f];
  const isLost = (k) => !["ok", "excluded"].includes(statusOf(k));
  const sdOf = (axis, k) => {
    const step = bytes[(8 + axis) * nSamples + k];
    return step === 0 ? NaN : step === 1 ? 0 : about.least_sd_px * 2 ** ((step - 2) / about.sd_steps);
  };

  // ---- State, and what changes it ----

  const groupOn = about.groups.map(() => true);
  const groupOf = about.windows.map((window) => window[0]);
  let [first, last] = [0, Math.max(nFrames - 1, 1)];
  let hovered = null;
  const isOn = (id) => byId(id).checked;
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const means = new Map();
  function meanOf(values, group) {
    const key = values === dx ? "x" + group : values === dy ? "y" + group : "l" + group;
    if (!means.has(key)) {
      const sum = new Float64Array(nFrames), n = new Uint32Array(nFrames);
      for (let window = 0; window < nWindows; window++) {
        if (groupOf[window] !== group) continue;
        for (let frame = 0; frame < nFrames; frame++) {
          const value = values[window * nFrames + frame];
          if (value === value) { sum[frame] += value; n[frame]++; }
        }
      }
      means.set(key, Float32Array.from(sum, (value, frame) => n[frame] ? value / n[frame] : NaN));
    }
    return means.get(key);
  }

  // ---- Plots ----

  const plots = [["show-x", "x, px", dx, 0], ["show-y", "y, px", dy, 1], ["show-length", "magnitude, px", lengths, null]]
    .map(([id, label, values, axis]) => {
      const canvas = document.createElement("canvas");
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", "Displacement over frames: " + label);
      byId("plots").append(canvas);
      return { id, label, values, axis, canvas };
    });
  // Bands of more windows than these would hide each other.
  const FEW = 8;
  const LEFT = 64, RIGHT = 12, TOP = 22, BOTTOM = 34;

  // Round numbers between two ends.
  function ticks(from, to, most) {
    const rough = (to - from) / most, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((times) => times * power).find((step) => rough <= step);
    const out = [];
    for (let k = Math.ceil(from / step); k * step <= to + 1e-9 * step; k++) out.push(k * step);
    return { out, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
  }

  // Least and greatest value of each column of pixels, so that no peak is lost however many frames there are.
  function columns(values, offset, width) {
    const from = Math.max(0, Math.floor(first)), to = Math.min(nFrames - 1, Math.ceil(last));
    const perColumn = (last - first) / width;
    const points = [];
    if (perColumn < 2) {
      for (let frame = from; frame <= to; frame++) points.push([frame, values[offset + frame], values[offset + frame]]);
      return points;
    }
    for (let column = 0; column < width; column++) {
      const start = Math.max(from, Math.ceil(first + column * perColumn));
      const end = Math.min(to + 1, Math.ceil(first + (column + 1) * perColumn));
      let least = NaN, greatest = NaN;
      for (let frame = start; frame < end; frame++) {
        const value = values[offset + frame];
        if (!(least <= value)) least = value === value ? value : least;
        if (!(greatest >= value)) greatest = value === value ? value : greatest;
      }
      points.push([first + (column + 0.5) * perColumn, least, greatest]);
    }
    return points;
  }

  // The same of one standard deviation below and above: only x and y have one.
  function bandOf({ axis, values }, window, width) {
    if (axis === null) return [];
    const offset = window * nFrames;
    const from = Math.max(0, Math.floor(first)), to = Math.min(nFrames - 1, Math.ceil(last));
    const [below, above] = [new Float32Array(nFrames).fill(NaN), new Float32Array(nFrames).fill(NaN)];
    for (let frame = from; frame <= to; frame++) {
      const value = values[offset + frame], sd = sdOf(axis, offset + frame);
      [below[frame], above[frame]] = [value - sd, value + sd];
    }
    const highs = columns(above, 0, width);
    return columns(below, 0, width).map(([frame, low], place) => [frame, low, highs[place][2]]);
  }

  function linesOf(plot, width) {
    const lines = [];
    if (isOn("show-windows")) {
      for (let window = 0; window < nWindows; window++) {
        if (groupOn[groupOf[window]]) {
          lines.push({ window, group: groupOf[window], points: columns(plot.values, window * nFrames, width) });
        }
      }
    }
    if (isOn("show-means")) {
      about.groups.forEach((_, group) => {
        if (groupOn[group]) lines.push({ group, isMean: true, points: columns(meanOf(plot.values, group), 0, width) });
      });
    }
    return lines;
  }

  function drawPlot(plot) {
    const { canvas } = plot;
    canvas.hidden = !isOn(plot.id);
    canvas.style.display = canvas.hidden ? "none" : "";
    if (canvas.hidden) return;
    const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const inner = { width: Math.max(width - LEFT - RIGHT, 10), height: height - TOP - BOTTOM };
    const lines = linesOf(plot, Math.round(inner.width));
    let least = Infinity, greatest = -Infinity;
    for (const { points } of lines) for (const [, low, high] of points) {
      if (low < least) least = low;
      if (high > greatest) greatest = high;
    }
    if (!(least <= greatest)) [least, greatest] = [-1, 1];
    const margin = Math.max(0.05 * (greatest - least), 1e-4);
    [least, greatest] = [least - margin, greatest + margin];
    const atX = (frame) => LEFT + (frame - first) / (last - first) * inner.width;
    const atY = (value) => TOP + (greatest - value) / (greatest - least) * inner.height;
    Object.assign(plot, { atX, atY, inner });
    drawAxes(pen, plot, least, greatest, width);
    pen.save();
    pen.beginPath();
    pen.rect(LEFT, TOP, inner.width, inner.height);
    pen.clip();
    const crowd = lines.filter((line) => !line.isMean).length;
    for (const line of lines) {
      if (!line.isMean && (crowd <= FEW || hovered?.window === line.window)) {
        drawBand(pen, bandOf(plot, line.window, Math.round(inner.width)), about.colors[line.group], plot);
      }
    }
    for (const line of lines) {
      const isHovered = hovered !== null && hovered.window === line.window;
      pen.globalAlpha = isHovered || line.isMean ? 1 : Math.max(0.25, Math.min(0.9, 25 / crowd));
      pen.lineWidth = isHovered || line.isMean ? 2.5 : 1;
      pen.strokeStyle = about.colors[line.group];
      drawLine(pen, line.points, atX, atY);
    }
    pen.restore();
    drawLost(pen, plot);
    drawHover(pen, plot);
  }

  function drawAxes(pen, { label, atX, atY, inner }, least, greatest, width) {
    pen.font = "12px system-ui, sans-serif";
    pen.fillStyle = color("--soft");
    pen.strokeStyle = color("--line");
    pen.lineWidth = 1;
    const values = ticks(least, greatest, 5), frames = ticks(first, last, Math.max(2, inner.width / 90));
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    pen.beginPath();
    for (const value of values.out) {
      pen.moveTo(LEFT, atY(value));
      pen.lineTo(LEFT + inner.width, atY(value));
      pen.fillText(value.toFixed(values.digits), LEFT - 6, atY(value));
    }
    pen.stroke();
    pen.textAlign = "center";
    pen.textBaseline = "top";
    for (const frame of frames.out) {
      if (!Number.isInteger(frame) || frame < 0 || nFrames <= frame) continue;
      pen.fillText(about.numbers[frame], atX(frame), TOP + inner.height + 8);
    }
    pen.textAlign = "left";
    pen.fillStyle = color("--ink");
    pen.fillText(label, LEFT, 4);
    pen.textAlign = "right";
    pen.fillStyle = color("--soft");
    pen.fillText("frame", width - RIGHT, TOP + inner.height + 20);
  }

  // Each stretch without a gap is a shape of its own.
  function drawBand(pen, points, fill, { atX, atY }) {
    pen.globalAlpha = 0.25;
    pen.fillStyle = fill;
    let stretch = [];
    for (const point of [...points, [0, NaN, NaN]]) {
      if (point[1] === point[1]) { stretch.push(point); continue; }
      pen.beginPath();
      for (const [frame, low] of stretch) pen.lineTo(atX(frame), atY(low));
      for (const [frame, , high] of stretch.reverse()) pen.lineTo(atX(frame), atY(high));
      pen.fill();
      stretch = [];
    }
  }

  function drawLine(pen, points, atX, atY) {
    pen.beginPath();
    let isDown = false;
    points.forEach(([frame, low, high], place) => {
      if (low !== low) { isDown = false; return; }
      const isAlone = !isDown && !(points[place + 1]?.[1] === points[place + 1]?.[1] && points[place + 1]);
      if (isAlone && low === high) { pen.rect(atX(frame) - 1, atY(low) - 1, 2, 2); return; }
      if (isDown) pen.lineTo(atX(frame), atY(high)); else pen.moveTo(atX(frame), atY(high));
      if (low !== high) pen.lineTo(atX(frame), atY(low));
      isDown = true;
    });
    pen.stroke();
  }

  // How many windows could not be measured, for each frame: found once.
  let lostCounts = null, lostKey = "";
  function lost() {
    const key = groupOn.join();
    if (lostKey !== key || lostCounts === null) {
      lostKey = key;
      lostCounts = new Float32Array(nFrames);
      const n = groupOf.filter((group) => groupOn[group]).length || 1;
      for (let window = 0; window < nWindows; window++) {
        if (!groupOn[groupOf[window]]) continue;
        for (let frame = 0; frame < nFrames; frame++) {
          if (isLost(window * nFrames + frame)) lostCounts[frame] += 1 / n;
        }
      }
    }
    return lostCounts;
  }

  function drawLost(pen, { atX, inner }) {
    pen.fillStyle = color("--lost");
    const per = inner.width / (last - first);
    for (const [frame, , most] of columns(lost(), 0, Math.round(inner.width))) {
      if (!(most > 0)) continue;
      const [x, wide] = [Math.max(LEFT, atX(frame) - Math.max(per, 1) / 2), Math.max(per, 1)];
      pen.globalAlpha = 0.25 + 0.75 * most;
      pen.fillRect(x, TOP + inner.height + 2, Math.min(wide, LEFT + inner.width - x), 4);
    }
    pen.globalAlpha = 1;
  }

  function drawHover(pen, { values, atX, atY, inner }) {
    if (hovered === null) return;
    pen.strokeStyle = color("--soft");
    pen.beginPath();
    pen.moveTo(atX(hovered.frame), TOP);
    pen.lineTo(atX(hovered.frame), TOP + inner.height);
    pen.stroke();
    const value = values[hovered.window * nFrames + hovered.frame];
    if (value !== value) return;
    pen.fillStyle = about.colors[groupOf[hovered.window]];
    pen.beginPath();
    pen.arc(atX(hovered.frame), atY(value), 4, 0, 7);
    pen.fill();
  }

  // ---- Under the pointer ----

  function said({ window, frame }) {
    const k = window * nFrames + frame, [group, number] = about.windows[window];
    const time = about.times_s === null ? "" : `, ${about.times_s[frame]} s`;
    const lines = [`${about.groups[group]} ${number}, frame ${about.numbers[frame]}${time}`];
    const um = about.pixel_size_um;
    for (const [name, values, axis] of [["dx", dx, 0], ["dy", dy, 1]]) {
      const value = values[k], sd = sdOf(axis, k);
      if (value !== value) continue;
      const bar = sd === sd ? ` ± ${Number(sd.toPrecision(2))}` : "";
      const long = um === null ? "" : `   ${(value * um).toPrecision(4)} µm`;
      lines.push(`${name} ${value.toFixed(4)}${bar} px${long}`);
    }
    return lines.concat(statusOf(k)).join("\n");
  }

  function nearest(plot, x, y) {
    const frame = Math.max(0, Math.min(nFrames - 1, Math.round(first + (x - LEFT) / plot.inner.width * (last - first))));
    let best = null, least = Infinity;
    for (let window = 0; window < nWindows; window++) {
      if (!groupOn[groupOf[window]]) continue;
      const value = plot.values[window * nFrames + frame];
      const apart = value === value ? Math.abs(plot.atY(value) - y) : 1e6;
      if (apart < least) [best, least] = [window, apart];
    }
    return best === null ? null : { window: best, frame };
  }

  let waiting = false;
  function redraw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; plots.forEach(drawPlot); });
  }

  function zoom(about0, times) {
    const span = Math.min(Math.max((last - first) * times, 4), Math.max(nFrames - 1, 1));
    move(about0 - (about0 - first) / (last - first) * span, span);
  }

  function move(start, span) {
    const end = Math.max(nFrames - 1, 1);
    first = Math.max(0, Math.min(start, end - span));
    last = first + span;
    redraw();
  }

  const tip = byId("tip");
  for (const plot of plots) {
    const { canvas } = plot;
    let dragged = null;
    const frameAt = (event) => first + (event.offsetX - LEFT) / plot.inner.width * (last - first);
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      zoom(frameAt(event), event.deltaY < 0 ? 0.8 : 1.25);
    }, { passive: false });
    canvas.addEventListener("dblclick", () => move(0, Math.max(nFrames - 1, 1)));
    canvas.addEventListener("pointerdown", (event) => {
      dragged = { x: event.offsetX, first };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointerup", () => { dragged = null; });
    canvas.addEventListener("pointermove", (event) => {
      if (dragged !== null) {
        move(dragged.first - (event.offsetX - dragged.x) / plot.inner.width * (last - first), last - first);
        return;
      }
      hovered = nearest(plot, event.offsetX, event.offsetY);
      tip.hidden = hovered === null;
      if (hovered !== null) {
        tip.textContent = said(hovered);
        const isRight = event.clientX > innerWidth / 2;
        tip.style.left = isRight ? "" : event.clientX + 16 + "px";
        tip.style.right = isRight ? innerWidth - event.clientX + 16 + "px" : "";
        tip.style.top = event.clientY + 12 + "px";
      }
      redraw();
    });
    canvas.addEventListener("pointerleave", () => { hovered = null; tip.hidden = true; redraw(); });
  }
  for (const id of ["show-x", "show-y", "show-length", "show-windows", "show-means"]) byId(id).addEventListener("change", redraw);
  byId("reset").addEventListener("click", () => move(0, Math.max(nFrames - 1, 1)));

  about.groups.forEach((name, group) => {
    const label = document.createElement("label"), box = document.createElement("input"), swatch = document.createElement("span");
    [box.type, box.checked, swatch.className] = ["checkbox", true, "swatch"];
    swatch.style.background = about.colors[group];
    box.addEventListener("change", () => { groupOn[group] = box.checked; redraw(); drawMap(); });
    label.append(box, swatch, name);
    byId("groups").append(label);
  });

  // ---- Map ----

  // Viridis, by S. van der Walt and N. Smith, at nine places.
  const VIRIDIS = [[68, 1, 84], [71, 45, 123], [59, 82, 139], [44, 114, 142], [33, 145, 140], [40, 174, 128], [94, 201, 98], [173, 220, 48], [253, 231, 37]];
  function viridis(part) {
    const place = Math.min(Math.max(part, 0), 1) * (VIRIDIS.length - 1), k = Math.min(Math.floor(place), VIRIDIS.length - 2);
    const mixed = VIRIDIS[k].map((value, channel) => Math.round(value + (place - k) * (VIRIDIS[k + 1][channel] - value)));
    return `rgb(${mixed})`;
  }

  const map = byId("map-canvas"), scale = byId("map-scale"), slider = byId("map-frame"), picture = byId("first-frame");
  slider.max = nFrames - 1;
  slider.value = nFrames - 1;
  const meanLengths = about.windows.map((_, window) => {
    let sum = 0, n = 0;
    for (let frame = 0; frame < nFrames; frame++) {
      const value = lengths[window * nFrames + frame];
      // The reference against itself is no measurement.
      if (value === value && frame !== about.reference) { sum += value; n++; }
    }
    return n ? sum / n : NaN;
  });
  // A few wrong ones would make all others dark: the end of the scale is above 99 of 100.
  const sorted = Float32Array.from({ length: Math.min(nSamples, 20000) },
    (_, k) => lengths[Math.floor(k * nSamples / Math.min(nSamples, 20000))]).filter((value) => value === value).sort();
  const ofFrames = sorted.length ? sorted[Math.floor(0.99 * (sorted.length - 1))] : 0;
  const ofMeans = meanLengths.reduce((most, value) => value > most ? value : most, 0);

  function drawMap() {
    const isMean = isOn("map-mean"), frame = Number(slider.value);
    slider.disabled = isMean;
    byId("map-number").textContent = isMean ? "" : about.numbers[frame];
    const most = (isMean ? ofMeans : ofFrames) || 1;
    const right = Math.max(...about.windows.map(([, , [x, , w]]) => x + w)), bottom = Math.max(...about.windows.map(([, , [, y, , h]]) => y + h));
    const size = about.frame ?? [right, bottom];
    const width = Math.min(map.parentElement.clientWidth, 800, 600 * size[0] / size[1]), times = width / size[0];
    const ratio = window.devicePixelRatio || 1;
    [map.width, map.height] = [Math.round(width * ratio), Math.round(size[1] * times * ratio)];
    [map.style.width, map.style.height] = [width + "px", size[1] * times + "px"];
    const pen = map.getContext("2d");
    pen.scale(ratio * times, ratio * times);
    pen.fillStyle = color("--panel");
    pen.fillRect(0, 0, size[0], size[1]);
    if (picture?.complete && picture.naturalWidth) pen.drawImage(picture, 0, 0, size[0], size[1]);
    about.windows.forEach(([group, , [x, y, w, h]], window) => {
      if (!groupOn[group]) return;
      const value = isMean ? meanLengths[window] : lengths[window * nFrames + frame];
      pen.globalAlpha = picture ? 0.75 : 1;
      pen.fillStyle = value === value ? viridis(value / most) : "#888888";
      pen.fillRect(x, y, w, h);
    });
    drawScale(most, width, ratio);
  }

  function drawScale(most, width, ratio) {
    const wide = Math.min(width, 360);
    [scale.width, scale.height] = [Math.round((wide + 60) * ratio), 44 * ratio];
    [scale.style.width, scale.style.height] = [wide + 60 + "px", "44px"];
    const pen = scale.getContext("2d");
    pen.scale(ratio, ratio);
    for (let x = 0; x < wide; x++) {
      pen.fillStyle = viridis(x / (wide - 1));
      pen.fillRect(x, 8, 1.5, 12);
    }
    pen.font = "12px system-ui, sans-serif";
    pen.fillStyle = color("--soft");
    const { out, digits } = ticks(0, most, 4);
    for (const value of out) {
      pen.textAlign = value === 0 ? "left" : "center";
      pen.fillText(value.toFixed(digits) + (value === out[out.length - 1] ? " px" : ""), value / most * wide, 36);
    }
  }

  byId("map-mean").addEventListener("change", drawMap);
  slider.addEventListener("input", drawMap);
  picture?.addEventListener("load", drawMap);

  function drawAll() { plots.forEach(drawPlot); drawMap(); }
  addEventListener("resize", drawAll);
  addEventListener("beforeprint", drawAll);
  addEventListener("afterprint", drawAll);
  for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", drawAll);
  drawAll();
})();
