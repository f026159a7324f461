// The canvas to write on: one pointer at a time, every point the device knows of, undo and clear.

const PEN = 0.035; // of the canvas height

export class Pad extends EventTarget {
  strokes = []; // [{points: [[x, y, ms], ...], pointer}], x and y in CSS px
  #canvas;
  #active = null; // id of the pointer that writes
  #began = 0;

  constructor(canvas) {
    super();
    this.#canvas = canvas;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"])
      canvas.addEventListener(end, (event) => this.#up(event));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  undo() {
    this.strokes.pop();
    this.#active = null;
    this.#changed();
  }

  clear() {
    this.strokes = [];
    this.#active = null;
    this.#changed();
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    fitCanvas(this.#canvas, width, height);
    drawStrokes(this.#canvas, this.strokes.map((stroke) => stroke.points), height * PEN);
  }

  #down(event) {
    // A second finger, or the palm beside the pen, is no writing.
    if (this.#active !== null || event.button !== 0) return;
    event.preventDefault();
    this.#active = event.pointerId;
    this.#canvas.setPointerCapture(event.pointerId);
    if (!this.strokes.length) this.#began = event.timeStamp;
    const pointer = ["touch", "pen"].includes(event.pointerType) ? event.pointerType : "mouse";
    this.strokes.push({ points: [], pointer });
    this.#add([event]);
  }

  #move(event) {
    if (event.pointerId !== this.#active) return;
    // Between two frames a screen reports several points; browsers hand them over together.
    const all = event.getCoalescedEvents?.() ?? [];
    this.#add(all.length ? all : [event]);
  }

  #up(event) {
    if (event.pointerId !== this.#active) return;
    this.#active = null;
    this.dispatchEvent(new Event("stroke"));
  }

  #add(events) {
    const box = this.#canvas.getBoundingClientRect();
    const points = this.strokes.at(-1).points;
    for (const event of events) {
      const x = round(event.clientX - box.left - this.#canvas.clientLeft);
      const y = round(event.clientY - box.top - this.#canvas.clientTop);
      const [lastX, lastY] = points.at(-1) ?? [];
      const ms = Math.max(0, Math.round(event.timeStamp - this.#began));
      if (x !== lastX || y !== lastY) points.push([x, y, ms]);
    }
    this.#changed();
  }

  #changed() {
    this.draw();
    this.dispatchEvent(new Event("change"));
  }
}

export function fitCanvas(canvas, width, height) {
  const dense = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * dense));
  canvas.height = Math.max(1, Math.round(height * dense));
  canvas.getContext("2d").setTransform(dense, 0, 0, dense, 0, 0);
}

export function drawStrokes(canvas, strokes, pen) {
  const brush = canvas.getContext("2d");
  brush.lineWidth = pen;
  brush.lineCap = brush.lineJoin = "round";
  brush.strokeStyle = getComputedStyle(canvas).getPropertyValue("--ink");
  for (const points of strokes) {
    brush.beginPath();
    brush.moveTo(points[0][0], points[0][1]);
    for (const [x, y] of points.length > 1 ? points.slice(1) : points) brush.lineTo(x, y);
    brush.stroke();
  }
}

const round = (value) => Math.round(value * 10) / 10;
