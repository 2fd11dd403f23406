// The image, which can be moved and zoomed, with marks on it. Places are pixels of the image, whole at their centres.

const COLOURS = { yes: "#067a3a", no: "#1d5fc2", was: "#b3261e" };
const LARGEST = 16; // pixels of the screen per pixel of the image

class Viewer {
  /**
   * picture: an image element; scale: its pixels per pixel of the image; radius: of a mark, in pixels of the image.
   * details: larger pictures of parts, {picture: an address, left, top, width, height in pixels of the image}.
   */
  constructor(canvas, picture, scale, radius, marks, details) {
    Object.assign(this, { canvas, picture, scale, radius, marks, details });
    this.zoom = 1; // pixels of the screen per pixel of the picture
    this.left = this.top = 0; // place of the screen's corner, in pixels of the picture
    this.pointers = new Map();
    this.onpick = this.onplace = this.onzoom = () => {};
    const listen = (name, act, given) => canvas.addEventListener(name, act.bind(this), given);
    listen("wheel", this.wheel, { passive: false });
    listen("pointerdown", this.down);
    listen("pointermove", this.move);
    for (const name of ["pointerup", "pointercancel"]) listen(name, this.up);
    listen("dblclick", (event) => this.magnify(2, ...this.at(event)));
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.resize();
    this.fit();
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [this.canvas.clientWidth, this.canvas.clientHeight];
    if (!width || (width === this.width && height === this.height)) return;
    const whole = this.width === undefined || Math.abs(this.zoom - this.smallest()) < 1e-9;
    [this.width, this.height, this.ratio] = [width, height, ratio];
    [this.canvas.width, this.canvas.height] = [width * ratio, height * ratio];
    if (whole) this.fit(); else this.draw();
  }

  smallest() {
    return Math.min(this.width / this.picture.naturalWidth, this.height / this.picture.naturalHeight);
  }

  fit() {
    this.zoom = this.smallest();
    this.left = (this.picture.naturalWidth - this.width / this.zoom) / 2;
    this.top = (this.picture.naturalHeight - this.height / this.zoom) / 2;
    this.draw();
  }

  /** Zoom by a factor around a place of the screen. */
  magnify(factor, x = this.width / 2, y = this.height / 2) {
    const zoom = Math.min(LARGEST / this.scale, Math.max(this.smallest(), this.zoom * factor));
    this.left += x / this.zoom - x / zoom;
    this.top += y / this.zoom - y / zoom;
    this.zoom = zoom;
    this.draw();
  }

  /** Move a place of the image to the middle, near enough to see a nucleus. */
  centre(x, y) {
    this.zoom = Math.max(this.zoom, Math.min(2, 40 / this.radius) / this.scale);
    this.left = (x + 0.5) * this.scale - this.width / this.zoom / 2;
    this.top = (y + 0.5) * this.scale - this.height / this.zoom / 2;
    this.draw();
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  /** The place of the image at a place of the screen. */
  placeOf(x, y) {
    return [(x / this.zoom + this.left) / this.scale - 0.5, (y / this.zoom + this.top) / this.scale - 0.5];
  }

  screenOf(x, y) {
    return [((x + 0.5) * this.scale - this.left) * this.zoom, ((y + 0.5) * this.scale - this.top) * this.zoom];
  }

  wheel(event) {
    event.preventDefault();
    this.magnify(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), ...this.at(event));
  }

  down(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.at(event));
    if (this.pointers.size === 1) this.moved = 0;
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.at(event);
    const other = [...this.pointers].find(([id]) => id !== event.pointerId);
    this.pointers.set(event.pointerId, now);
    const step = [now[0] - before[0], now[1] - before[1]];
    this.moved += Math.hypot(...step);
    if (other) {
      const apart = ([x, y]) => Math.hypot(x - other[1][0], y - other[1][1]);
      this.magnify(apart(now) / Math.max(1, apart(before)), (now[0] + other[1][0]) / 2, (now[1] + other[1][1]) / 2);
      return;
    }
    this.left -= step[0] / this.zoom;
    this.top -= step[1] / this.zoom;
    this.draw();
  }

  up(event) {
    const alone = this.pointers.size === 1;
    if (!this.pointers.delete(event.pointerId) || !alone || this.moved > 5 || event.type === "pointercancel") return;
    this.onplace(...this.placeOf(...this.at(event)), Math.max(this.radius, 12 / this.zoom / this.scale));
  }

  draw() {
    if (!this.width) return;
    const context = this.canvas.getContext("2d");
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    this.lay(context, this.left, this.top, this.zoom, this.width, this.height);
    for (const mark of this.marks()) this.ring(context, mark);
    this.onzoom();
  }

  /** The picture on a canvas of width x height, whose corner is at left, top of the picture; details where it is enlarged. */
  lay(context, left, top, zoom, width, height) {
    context.imageSmoothingEnabled = zoom * this.scale < 3;
    const { naturalWidth, naturalHeight } = this.picture;
    context.drawImage(this.picture, -left * zoom, -top * zoom, naturalWidth * zoom, naturalHeight * zoom);
    for (const detail of zoom > 1 ? this.details : []) {
      const [x, y] = [(detail.left * this.scale - left) * zoom, (detail.top * this.scale - top) * zoom];
      const [across, down] = [detail.width * this.scale * zoom, detail.height * this.scale * zoom];
      if (x > width || y > height || x + across < 0 || y + down < 0) continue;
      if (!detail.image) {
        detail.image = new Image();
        detail.image.onload = () => this.draw();
        detail.image.src = detail.picture;
      }
      if (!detail.image.complete) continue;
      context.drawImage(detail.image, x, y, across, down);
    }
  }

  /** A mark: x, y, kind, radius, whether it is chosen. A white edge makes it visible on any stain. */
  ring(context, { x, y, kind, radius = this.radius, chosen = false, thin = false }) {
    const [u, v] = this.screenOf(x, y);
    const reach = Math.max(5, radius * this.scale * this.zoom);
    if (u < -reach || v < -reach || u > this.width + reach || v > this.height + reach) return;
    context.setLineDash(kind === "no" || thin ? [5, 4] : []);
    for (const [colour, width] of [["rgba(255,255,255,.85)", chosen ? 6.5 : 4], [COLOURS[kind], chosen ? 4 : 2]]) {
      context.beginPath();
      context.arc(u, v, reach, 0, 2 * Math.PI);
      if (kind === "was") {
        context.moveTo(u - reach * 0.7, v + reach * 0.7);
        context.lineTo(u + reach * 0.7, v - reach * 0.7);
      }
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.stroke();
    }
  }
}
