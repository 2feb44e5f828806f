// Draws every atlas of the page. Values come packed in the page itself; see pack.rs for how.
(() => {
  "use strict";
  const BORDER_PARTS = 20, CELL = 0.5, MARGIN = 3, PARTS = 1000, LARGEST_ZOOM = 16;

  async function unpack(text) {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  function* varints(bytes) {
    let number = 0, place = 1;
    for (const byte of bytes) {
      number += (byte & 127) * place;
      place *= 128;
      if (byte < 128) { yield number; number = 0; place = 1; }
    }
  }

  const unzigzag = (n) => (n % 2 ? -(n + 1) / 2 : n / 2);

  function values(bytes, signed) {
    const all = [];
    for (const n of varints(bytes)) all.push(n === 0 ? NaN : (signed ? unzigzag(n - 1) : n - 1) / PARTS);
    return Float64Array.from(all);
  }

  function steps(numbers) {
    let before = 0;
    return numbers.map((n) => (before += unzigzag(n)));
  }

  const format = (v) => (Number.isNaN(v) ? "no data" : v.toLocaleString("en", { maximumFractionDigits: 3 }).replace("-", "−"));
  const degrees = (v, plus, minus) => `${Math.abs(v).toFixed(2)}° ${v < 0 ? minus : plus}`;

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  // Where the cells are: columns and rows of the half-degree lattice, from the west and the south.
  class Ground {
    constructor(numbers) {
      const n = numbers[0];
      const gids = steps(numbers.slice(1, 1 + n));
      this.rows = steps(numbers.slice(1 + n, 1 + 2 * n));
      this.gids = gids;
      this.columns = gids.map((g) => (g - 1) % 720);
      this.lines = gids.map((g) => Math.floor((g - 1) / 720));
      const least = (list) => list.reduce((a, b) => Math.min(a, b), Infinity);
      const most = (list) => list.reduce((a, b) => Math.max(a, b), -Infinity);
      this.west = Math.max(0, least(this.columns) - MARGIN);
      this.south = Math.max(0, least(this.lines) - MARGIN);
      this.width = Math.min(720, most(this.columns) + MARGIN + 1) - this.west;
      this.height = Math.min(360, most(this.lines) + MARGIN + 1) - this.south;
      this.cellAt = new Map(gids.map((g, i) => [g, i]));
      this.cellsOf = new Map();
      this.rows.forEach((row, i) => {
        if (!this.cellsOf.has(row)) this.cellsOf.set(row, []);
        this.cellsOf.get(row).push(i);
      });
    }
    // Index of the cell at a column and a row of the picture, from its upper left corner.
    find(x, y) {
      const column = this.west + x, line = this.south + this.height - 1 - y;
      if (column < 0 || column >= 720 || line < 0 || line >= 360) return undefined;
      return this.cellAt.get(line * 720 + column + 1);
    }
    place(cell) { return [this.columns[cell] - this.west, this.south + this.height - 1 - this.lines[cell]]; }
  }

  class Atlas {
    constructor(root, record) {
      this.root = root;
      this.record = record;
      this.layer = 0;
      this.step = 0;
      this.chosen = null;
      this.pinned = false;
      this.view = { x: 0, y: 0, zoom: 1 };
      this.unpacked = new Map();
      this.$ = (name) => root.querySelector(`.atlas-${name}`);
    }

    async open() {
      const { record } = this;
      this.ground = new Ground([...varints(await unpack(record.ground))]);
      this.units = steps([...varints(await unpack(record.units))]);
      this.place = [...varints(await unpack(record.place))];
      if (record.history) this.history = values(await unpack(record.history.data), false);
      this.areCells = this.ground.cellsOf.size === this.ground.gids.length;
      this.borders = new Path2D(record.borders);
      this.lattice = document.createElement("canvas");
      this.lattice.width = this.ground.width;
      this.lattice.height = this.ground.height;
      this.canvas = this.$("map");
      record.layers.forEach((layer, i) => this.$("layer").append(new Option(layer.name, i)));
      this.$("step").max = record.periods.length;
      this.listen();
      await this.show();
      new ResizeObserver(() => this.draw()).observe(this.$("frame"));
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paint());
      this.root.dataset.ready = "true";
    }

    // Values of a layer, unpacked once.
    async values(index) {
      if (!this.unpacked.has(index)) {
        const layer = this.record.layers[index];
        this.unpacked.set(index, unpack(layer.data).then((bytes) => values(bytes, layer.signed)));
      }
      return this.unpacked.get(index);
    }

    at(all, row, step = this.step) { return all[step * this.units.length + row]; }

    async show() {
      const asked = [this.layer, this.step].join();
      this.shown = await this.values(this.layer);
      if (asked !== [this.layer, this.step].join()) return;
      const layer = this.record.layers[this.layer], period = this.record.periods[this.step];
      this.$("title").textContent = layer.titles[this.step];
      this.$("subtitle").textContent = layer.subtitles[this.step];
      this.$("period").textContent = `${period} · step ${this.step + 1}`;
      this.$("step").value = this.step + 1;
      this.$("step").setAttribute("aria-valuetext", `${period}, step ${this.step + 1}`);
      this.canvas.setAttribute("aria-label", `${layer.titles[this.step]}. Arrow keys go from place to place.`);
      this.legend(layer);
      this.paint();
      await this.tell();
    }

    colour(name) {
      const text = getComputedStyle(this.root).getPropertyValue(`--a-${name}`).trim();
      return [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16));
    }

    shades(layer) {
      if (!layer.rgb) layer.rgb = Uint8Array.from(atob(layer.colours), (c) => c.charCodeAt(0));
      return layer.rgb;
    }

    shade(layer, value) {
      const share = layer.log ? Math.log1p(Math.abs(value)) / Math.log1p(layer.top) : Math.abs(value) / layer.top;
      const place = layer.signed ? 0.5 + 0.5 * Math.sign(value) * Math.min(1, share) : Math.min(1, share);
      const count = this.shades(layer).length / 3;
      const shade = Math.round(place * (count - 1));
      return layer.signed && value < 0 ? Math.min(shade, count / 2 - 1) : shade;
    }

    // Colours the lattice, one pixel a cell.
    paint() {
      const { ground } = this, layer = this.record.layers[this.layer], rgb = this.shades(layer);
      const missing = this.colour("missing"), zero = this.colour("zero");
      const context = this.lattice.getContext("2d");
      const image = context.createImageData(ground.width, ground.height);
      ground.rows.forEach((row, cell) => {
        const value = this.at(this.shown, row);
        const [x, y] = ground.place(cell);
        let colour = Number.isNaN(value) ? missing : zero;
        if (value) {
          const i = 3 * this.shade(layer, value);
          colour = [rgb[i], rgb[i + 1], rgb[i + 2]];
        }
        image.data.set([...colour, 255], 4 * (y * ground.width + x));
      });
      context.putImageData(image, 0, 0);
      this.draw();
    }

    draw() {
      const { ground, canvas, view } = this;
      const css = this.$("frame").clientWidth;
      if (!css) return;
      const ratio = window.devicePixelRatio || 1;
      const size = css / ground.width;
      canvas.style.height = `${size * ground.height}px`;
      const width = Math.round(css * ratio), height = Math.round(size * ground.height * ratio);
      if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
      this.scale = size * view.zoom;
      const context = canvas.getContext("2d");
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, width, height);
      context.scale(this.scale * ratio, this.scale * ratio);
      context.translate(-view.x, -view.y);
      context.imageSmoothingEnabled = false;
      context.drawImage(this.lattice, 0, 0);
      context.save();
      // From twentieths of a degree, west and north of the world, to cells of the picture.
      context.translate(-ground.west, -(360 - ground.south - ground.height));
      context.scale(1 / (BORDER_PARTS * CELL), 1 / (BORDER_PARTS * CELL));
      context.lineWidth = (BORDER_PARTS * CELL) / this.scale;
      context.lineJoin = "round";
      context.strokeStyle = getComputedStyle(this.root).getPropertyValue("--a-border");
      context.stroke(this.borders);
      context.restore();
      if (this.chosen !== null) this.mark(context);
      canvas.classList.toggle("zoomed", view.zoom > 1);
    }

    mark(context) {
      const cells = this.ground.cellsOf.get(this.chosen) || [];
      for (const [colour, width] of [["#fff", 4], ["#000", 2]]) {
        context.strokeStyle = colour;
        context.lineWidth = width / this.scale;
        if (cells.length === 1) context.strokeRect(...this.ground.place(cells[0]), 1, 1);
        else context.stroke(this.outline(cells));
      }
    }

    // The edges that cells of one unit do not share.
    outline(cells) {
      const inside = new Set(cells), path = new Path2D();
      for (const cell of cells) {
        const [x, y] = this.ground.place(cell);
        const edges = [[0, -1, x, y, x + 1, y], [0, 1, x, y + 1, x + 1, y + 1], [-1, 0, x, y, x, y + 1], [1, 0, x + 1, y, x + 1, y + 1]];
        for (const [dx, dy, ax, ay, bx, by] of edges) {
          if (!inside.has(this.ground.find(x + dx, y + dy))) { path.moveTo(ax, ay); path.lineTo(bx, by); }
        }
      }
      return path;
    }

    legend(layer) {
      const box = this.$("legend"), rgb = this.shades(layer), n = rgb.length / 3;
      const stops = Array.from({ length: 33 }, (_, i) => 3 * Math.round((i * (n - 1)) / 32));
      const gradient = stops.map((i) => `rgb(${rgb[i]} ${rgb[i + 1]} ${rgb[i + 2]})`).join(",");
      const step = this.shown.subarray(this.step * this.units.length, (this.step + 1) * this.units.length);
      const beyond = (sign) => step.some((v) => sign * v > layer.top);
      const ticks = element("div", undefined, "ticks");
      let free = Infinity;
      for (const [value, place] of [...layer.ticks].reverse()) {
        if ((value === 0 && !layer.signed) || free - place < 0.06) continue;
        free = place;
        const end = value === layer.top && beyond(1) ? "≥ " : value === -layer.top && beyond(-1) ? "≤ " : "";
        const tick = element("span", end + format(value));
        tick.style.left = `${100 * place}%`;
        ticks.append(tick);
      }
      const key = (colour, text) => {
        const made = element("div", undefined, "key"), patch = element("div", undefined, "box");
        patch.style.background = `var(--a-${colour})`;
        made.append(patch, element("div", text));
        return made;
      };
      const scale = element("div"), bar = element("div", undefined, "bar");
      bar.style.background = `linear-gradient(to right,${gradient})`;
      scale.append(bar, ticks);
      box.replaceChildren(element("div", layer.label, "name"), key("zero", layer.zero), scale, key("missing", "no data"));
    }

    name(row) {
      const place = this.record.places[this.place[row]];
      const id = this.areCells ? `cell ${this.units[row]}` : `unit ${this.units[row]}`;
      return place ? `${place}, ${id}` : id;
    }

    where(row) {
      if (!this.areCells) return `${this.ground.cellsOf.get(row)?.length ?? 0} cells of 0.5°`;
      const gid = this.units[row] - 1;
      return `${degrees(-89.75 + CELL * Math.floor(gid / 720), "N", "S")}, ${degrees(-179.75 + CELL * (gid % 720), "E", "W")}`;
    }

    // The chosen place in words and figures, at the shown step.
    async tell() {
      const row = this.chosen;
      if (row === null) return;
      const all = await Promise.all(this.record.layers.map((_, i) => this.values(i)));
      if (row !== this.chosen) return;
      const heading = element("h3", this.name(row));
      const table = element("table"), body = element("tbody");
      this.record.layers.forEach((layer, i) => {
        const line = element("tr", undefined, i === this.layer ? "shown" : undefined);
        const head = element("th", layer.name);
        head.scope = "row";
        line.append(head, element("td", format(this.at(all[i], row))));
        body.append(line);
      });
      table.append(body);
      const note = `${this.where(row)} · ${this.record.periods[this.step]}, step ${this.step + 1}${this.pinned ? " · kept" : ""}`;
      this.$("place").replaceChildren(heading, element("p", note), table, ...this.fan(all, row));
    }

    // The past and the forecast with its interval, on a scale of logarithms.
    fan(all, row) {
      const { fan, history, periods } = this.record;
      if (!fan) return [];
      const past = history ? history.periods.map((_, i) => this.at(this.history, row, i)) : [];
      const of = (layer) => periods.map((_, step) => this.at(all[layer], row, step));
      const [low, middle, high] = [of(fan.low), of(fan.middle), of(fan.high)];
      const known = [...past, ...high].filter((v) => !Number.isNaN(v));
      const top = Math.max(1, ...known), [w, h, left, bottom] = [330, 170, 34, 22];
      const n = past.length + periods.length;
      const x = (i) => left + ((w - left - 8) * i) / Math.max(1, n - 1);
      const y = (v) => (h - bottom) - ((h - bottom - 8) * Math.log1p(Math.max(0, v))) / Math.log1p(top);
      const svg = (name, attributes, text) => {
        const made = document.createElementNS("http://www.w3.org/2000/svg", name);
        for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
        if (text !== undefined) made.textContent = text;
        return made;
      };
      const picture = svg("svg", { viewBox: `0 0 ${w} ${h}`, role: "img", "aria-label": this.spoken(past, middle, low, high) });
      for (const tick of [0, 1, 5, 25, 100, 500, 2500, 10000, 100000].filter((t) => t <= top)) {
        picture.append(svg("line", { class: "grid", x1: left, x2: w - 8, y1: y(tick), y2: y(tick) }));
        picture.append(svg("text", { x: left - 5, y: y(tick) + 4, "text-anchor": "end" }, format(tick)));
      }
      const line = (list, from) => {
        let path = "", pen = false;
        list.forEach((v, i) => {
          if (!Number.isNaN(v)) path += `${pen ? "L" : "M"}${x(from + i).toFixed(1)} ${y(v).toFixed(1)}`;
          pen = !Number.isNaN(v);
        });
        return path;
      };
      const from = past.length;
      const band = high.map((v, i) => [i, low[i], v]).filter(([, a, b]) => !Number.isNaN(a + b));
      const there = band.map(([i, , b]) => `${x(from + i).toFixed(1)},${y(b).toFixed(1)}`);
      const back = band.reverse().map(([i, a]) => `${x(from + i).toFixed(1)},${y(a).toFixed(1)}`);
      picture.append(svg("polygon", { class: "band", points: [...there, ...back].join(" ") }));
      picture.append(svg("path", { class: "observed", d: line(past, 0) }));
      picture.append(svg("path", { class: "middle", d: line(middle, from) }));
      picture.append(svg("line", { class: "now", x1: x(from + this.step), x2: x(from + this.step), y1: 8, y2: h - bottom }));
      const label = (i, text, anchor) => picture.append(svg("text", { x: x(i), y: h - 6, "text-anchor": anchor }, text));
      label(0, past.length ? history.periods[0] : periods[0], "start");
      label(n - 1, periods[periods.length - 1], "end");
      const share = Math.round(100 * fan.level);
      return [picture, element("p", `Line: ${past.length ? "observed, then " : ""}median forecast. Band: ${share} % of possible outcomes. Dashed: the period on the map.`)];
    }

    spoken(past, middle, low, high) {
      const last = past.length ? `Last observed ${format(past[past.length - 1])}. ` : "";
      return `${last}Forecast of ${this.record.periods[this.step]}: median ${format(middle[this.step])}, interval ${format(low[this.step])} to ${format(high[this.step])}.`;
    }

    choose(row, pin) {
      if (row === undefined || (this.chosen === row && !pin)) return;
      this.chosen = row;
      this.draw();
      this.tell();
    }

    cellUnder(event) {
      const box = this.canvas.getBoundingClientRect();
      const x = Math.floor((event.clientX - box.left) / this.scale + this.view.x);
      const y = Math.floor((event.clientY - box.top) / this.scale + this.view.y);
      return this.ground.find(x, y);
    }

    tip(event, cell) {
      const tip = this.$("tip"), box = this.canvas.getBoundingClientRect();
      if (cell === undefined) { tip.hidden = true; return; }
      const row = this.ground.rows[cell], layer = this.record.layers[this.layer];
      const value = this.at(this.shown, row);
      tip.replaceChildren(element("b", this.name(row)), `${layer.name}: ${format(value)}`);
      tip.hidden = false;
      const x = event.clientX - box.left, y = event.clientY - box.top;
      tip.style.left = `${Math.max(4, Math.min(x + 14, box.width - tip.offsetWidth - 6))}px`;
      tip.style.top = `${y + 18 + tip.offsetHeight > box.height ? y - tip.offsetHeight - 10 : y + 18}px`;
    }

    zoom(factor, at) {
      const { view, ground } = this;
      const middle = at || [view.x + ground.width / view.zoom / 2, view.y + ground.height / view.zoom / 2];
      const zoom = Math.min(LARGEST_ZOOM, Math.max(1, view.zoom * factor));
      const share = view.zoom / zoom;
      this.move(middle[0] - (middle[0] - view.x) * share, middle[1] - (middle[1] - view.y) * share, zoom);
    }

    move(x, y, zoom = this.view.zoom) {
      const { width, height } = this.ground;
      const within = (v, room) => Math.min(Math.max(0, v), room);
      this.view = { x: within(x, width - width / zoom), y: within(y, height - height / zoom), zoom };
      this.draw();
    }

    // The next cell of another unit in a direction.
    go(dx, dy) {
      const { ground } = this;
      const start = this.cell ?? ground.cellsOf.get(this.chosen ?? this.highest())?.[0];
      if (start === undefined) return;
      if (this.chosen === null) { this.cell = start; this.choose(ground.rows[start]); return; }
      let [x, y] = ground.place(start);
      for (;;) {
        x += dx; y += dy;
        if (x < 0 || y < 0 || x >= ground.width || y >= ground.height) return;
        const cell = ground.find(x, y);
        if (cell !== undefined && ground.rows[cell] !== this.chosen) { this.cell = cell; this.choose(ground.rows[cell]); return; }
      }
    }

    highest() {
      let best = 0;
      for (let row = 1; row < this.units.length; row++) if (this.at(this.shown, row) > (this.at(this.shown, best) || 0)) best = row;
      return best;
    }

    setStep(step) {
      this.step = Math.min(this.record.periods.length - 1, Math.max(0, step));
      return this.show();
    }

    play() {
      const button = this.$("play");
      if (this.timer) { clearInterval(this.timer); this.timer = null; button.textContent = "Play"; return; }
      button.textContent = "Stop";
      if (this.step === this.record.periods.length - 1) this.setStep(0);
      this.timer = setInterval(() => {
        if (this.step === this.record.periods.length - 1) this.play(); else this.setStep(this.step + 1);
      }, 350);
    }

    find(text) {
      const wanted = text.trim().toLowerCase();
      if (!wanted) return;
      const id = this.units.indexOf(Number(wanted));
      const matches = this.units.map((_, row) => row).filter((row) => (this.record.places[this.place[row]] || "").toLowerCase().startsWith(wanted));
      const value = (row) => this.at(this.shown, row) || 0;
      const best = id >= 0 ? id : matches.reduce((a, b) => (a === undefined || value(b) > value(a) ? b : a), undefined);
      if (best !== undefined) { this.pinned = true; this.cell = this.ground.cellsOf.get(best)?.[0]; this.choose(best, true); }
    }

    listen() {
      const { canvas } = this;
      this.$("layer").addEventListener("change", (e) => { this.layer = Number(e.target.value); this.show(); });
      this.$("step").addEventListener("input", (e) => this.setStep(Number(e.target.value) - 1));
      this.$("play").addEventListener("click", () => this.play());
      this.$("find").addEventListener("input", (e) => this.find(e.target.value));
      this.$("zoom").addEventListener("click", (e) => {
        const way = e.target.dataset.zoom;
        if (way === "whole") this.move(0, 0, 1); else if (way) this.zoom(way === "in" ? 2 : 0.5);
      });
      this.drag();
      canvas.addEventListener("pointerleave", () => { this.$("tip").hidden = true; });
      canvas.addEventListener("keydown", (e) => {
        const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
        const acts = {
          "+": () => this.zoom(2), "-": () => this.zoom(0.5), "0": () => this.move(0, 0, 1),
          PageUp: () => this.setStep(this.step + 1), PageDown: () => this.setStep(this.step - 1),
          Home: () => { this.chosen = null; this.cell = undefined; this.go(0, 0); },
          Enter: () => { this.pinned = !this.pinned; this.tell(); },
        };
        const act = ways[e.key] ? () => this.go(...ways[e.key]) : acts[e.key];
        if (act) { e.preventDefault(); act(); }
      });
    }

    drag() {
      const { canvas } = this;
      let start = null;
      canvas.addEventListener("pointerdown", (e) => { start = { x: e.clientX, y: e.clientY, view: this.view, moved: false }; });
      canvas.addEventListener("pointermove", (e) => {
        if (start && e.buttons && this.view.zoom > 1) {
          const [dx, dy] = [e.clientX - start.x, e.clientY - start.y];
          start.moved ||= Math.hypot(dx, dy) > 4;
          if (start.moved) { this.$("tip").hidden = true; this.move(start.view.x - dx / this.scale, start.view.y - dy / this.scale); return; }
        }
        const cell = this.cellUnder(e);
        this.tip(e, cell);
        if (!this.pinned && cell !== undefined) { this.cell = cell; this.choose(this.ground.rows[cell]); }
      });
      canvas.addEventListener("pointerup", (e) => {
        const cell = this.cellUnder(e);
        if (start && !start.moved) {
          const row = cell === undefined ? null : this.ground.rows[cell];
          this.pinned = row !== null && !(this.pinned && row === this.chosen);
          if (row !== null) { this.cell = cell; this.choose(row, true); }
        }
        start = null;
      });
    }
  }

  for (const root of document.querySelectorAll(".atlas")) {
    const record = JSON.parse(root.querySelector(".atlas-record").textContent);
    new Atlas(root, record).open().catch((error) => {
      root.dataset.ready = "failed";
      root.prepend(element("p", `The map cannot be shown by this browser (${error.message}). The pictures and tables of this page do not need it.`));
      console.error(error);
    });
  }
})();
