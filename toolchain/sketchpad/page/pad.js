// The canvas to write on: one pointer at a time, every point the device knows of, undo and clear.

const PEN = 0.035; // of the canvas height
const PALM = 1000; // ms: after a pen wrote, touches this soon are the hand that holds it

export class Pad extends EventTarget {
  strokes = []; // [{points: [[x, y, ms], ...], pointer}], x and y in CSS px
  #canvas;
  #active = null; // id of the pointer that writes ...
  #kind = ""; // ... and whether it is a touch, pen or mouse
  #lastPen = -Infinity; // ms
  #began = 0;

  constructor(canvas) {
    super();
    this.#canvas = canvas;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    // Of the window: where a pointer cannot be captured, it may leave the canvas and end elsewhere.
    window.addEventListener("pointermove", (event) => this.#move(event));
    window.addEventListener("pointerup", (event) => this.#up(event));
    window.addEventListener("pointercancel", (event) => this.#cancel(event));
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
    if (event.button !== 0) return;
    const pointer = ["touch", "pen"].includes(event.pointerType) ? event.pointerType : "mouse";
    if (pointer === "touch" && event.timeStamp - this.#lastPen < PALM) return;
    if (this.#active !== null && !this.#gives(pointer, event.isPrimary)) return;
    event.preventDefault();
    this.#active = event.pointerId;
    this.#kind = pointer;
    if (pointer === "pen") this.#lastPen = event.timeStamp;
    try {
      this.#canvas.setPointerCapture(event.pointerId);
    } catch {
      // The pointer is gone already, or no real one: it writes without.
    }
    if (!this.strokes.length) this.#began = event.timeStamp;
    this.strokes.push({ points: [], pointer });
    this.#add([event]);
  }

  // Whether the pointer that writes makes way for another one; a second finger is no writing.
  #gives(pointer, isPrimary) {
    if (pointer === this.#kind) return isPrimary; // then the first one's end was never told
    if (pointer !== "pen") return false;
    this.strokes.pop(); // a pen coming down proves the touch before it to be the hand
    return true;
  }

  #move(event) {
    if (event.pointerId !== this.#active) return;
    if (this.#kind === "pen") this.#lastPen = event.timeStamp;
    // Between two frames a screen reports several points; browsers hand them over together.
    const all = event.getCoalescedEvents?.() ?? [];
    this.#add(all.length ? all : [event]);
  }

  #up(event) {
    if (event.pointerId !== this.#active) return;
    this.#active = null;
  }

  // The system takes a touch back that it finds to be the hand, or a gesture of its own.
  #cancel(event) {
    if (event.pointerId === this.#active) this.undo();
  }

  #add(events) {
    const box = this.#canvas.getBoundingClientRect();
    const points = this.strokes[this.strokes.length - 1].points;
    for (const event of events) {
      const x = round(event.clientX - box.left - this.#canvas.clientLeft);
      const y = round(event.clientY - box.top - this.#canvas.clientTop);
      const [lastX, lastY] = points[points.length - 1] ?? [];
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
