// Draws points, trails and thumbnails with WebGL 2. Everything else lies over it.
const POINT_VERTEX = `#version 300 es
precision highp float;
in vec3 from; in vec3 to; in vec4 look; in float shape;
uniform float part; uniform mat3 turn; uniform vec2 scale; uniform vec2 middle; uniform float size; uniform float deep;
uniform int pass;
out vec4 color; flat out float kind; flat out float pixels;
void main() {
  vec3 place = turn * mix(from, to, part);
  float near = 1.0 / (1.0 - deep * place.z);
  int state = int(look.a * 255.0 + 0.5);
  bool shown = pass == 0 ? state == 1 || state == 2 : state == 3;
  gl_Position = shown ? vec4((place.xy * near - middle) * scale, -place.z * 0.4, 1.0) : vec4(9.0, 9.0, 9.0, 1.0);
  gl_PointSize = size * near * (state == 3 ? 1.25 : 1.0);
  pixels = gl_PointSize;
  kind = shape;
  color = vec4(look.rgb, state == 1 ? 0.22 : 0.92);
}`;

const POINT_FRAGMENT = `#version 300 es
precision highp float;
in vec4 color; flat in float kind; flat in float pixels;
uniform vec3 ground; uniform float solid;
out vec4 paint;
float boundary(vec2 at, int form) {  // below 0 inside, in halves of the point's size
  vec2 a = abs(at);
  if (form == 1) return (a.x + a.y - 0.95) * 0.7071;
  if (form == 2) return max(a.x, a.y) - 0.72;
  if (form == 3) return max(max(a.x, a.y) - 0.9, min(a.x, a.y) - 0.3);
  if (form == 4) { vec2 d = abs(vec2(at.x + at.y, at.x - at.y)) * 0.7071; return max(max(d.x, d.y) - 0.9, min(d.x, d.y) - 0.3); }
  return length(at) - 0.88;
}
void main() {
  int form = int(kind + 0.5);
  float soft = 2.0 / pixels;
  int filled = form == 5 ? 0 : form == 6 ? 1 : form == 7 ? 2 : form;
  float edge = boundary((gl_PointCoord - 0.5) * 2.0, filled);
  if (form > 4) edge = abs(edge + 0.16) - 0.16;
  float cover = clamp(0.5 - edge / soft, 0.0, 1.0);
  float rim = form > 4 || pixels < 7.0 ? 0.0 : clamp(1.0 + (edge + 0.02) / soft, 0.0, 1.0) * 0.75;
  float alpha = color.a * cover;
  if (alpha < (solid > 0.5 ? 0.1 : 0.004)) discard;
  paint = vec4(mix(color.rgb, ground, rim) * alpha, alpha);
}`;

const LINE_VERTEX = `#version 300 es
precision highp float;
in vec3 to; uniform mat3 turn; uniform vec2 scale; uniform vec2 middle; uniform float deep;
void main() {
  vec3 place = turn * to;
  gl_Position = vec4((place.xy / (1.0 - deep * place.z) - middle) * scale, -place.z * 0.4, 1.0);
}`;

const LINE_FRAGMENT = `#version 300 es
precision highp float;
uniform vec4 ink; out vec4 paint;
void main() { paint = vec4(ink.rgb * ink.a, ink.a); }`;

const PICTURE_VERTEX = `#version 300 es
precision highp float;
in vec2 corner; in vec4 box; in vec2 cell; in vec4 frame;
uniform vec2 screen; uniform float cells; uniform float rows;
out vec2 at; out vec2 spot; flat out vec4 edge; flat out vec2 side;
void main() {
  vec2 place = box.xy + (corner - 0.5) * box.zw;
  gl_Position = vec4(place.x / screen.x * 2.0 - 1.0, 1.0 - place.y / screen.y * 2.0, 0.0, 1.0);
  spot = (cell + 0.01 + corner * 0.98) / vec2(cells, rows);
  at = (corner - 0.5) * box.zw;
  side = box.zw * 0.5;
  edge = frame;
}`;

const PICTURE_FRAGMENT = `#version 300 es
precision highp float;
in vec2 at; in vec2 spot; flat in vec4 edge; flat in vec2 side;
uniform sampler2D atlas; uniform float border;
out vec4 paint;
void main() {
  vec2 inside = side - abs(at);
  float rim = min(inside.x, inside.y) < border ? 1.0 : 0.0;
  vec3 color = mix(texture(atlas, spot).rgb, edge.rgb, rim);
  paint = vec4(color * edge.a, edge.a);
}`;

const program = (gl, vertex, fragment) => {
  const made = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(made) || "The context is lost.");
  const at = {};
  const [n, m] = [gl.getProgramParameter(made, gl.ACTIVE_UNIFORMS), gl.getProgramParameter(made, gl.ACTIVE_ATTRIBUTES)];
  for (let i = 0; i < n; i++) { const { name } = gl.getActiveUniform(made, i); at[name] = gl.getUniformLocation(made, name); }
  for (let i = 0; i < m; i++) { const { name } = gl.getActiveAttrib(made, i); at[name] = gl.getAttribLocation(made, name); }
  return { made, at };
};

const CELL = 64; // pixels of a thumbnail in the atlas
const [CELLS, CELL_ROWS] = [32, 64];

class Painter {
  constructor(canvas) {
    const gl = canvas.getContext("webgl2", { antialias: false, alpha: true, premultipliedAlpha: true, preserveDrawingBuffer: false });
    if (!gl) throw new Error("no WebGL 2");
    Object.assign(this, { gl, canvas, count: 0, n_lines: 0, n_pictures: 0, n_front: 0 });
    this.points = program(gl, POINT_VERTEX, POINT_FRAGMENT);
    this.lines = program(gl, LINE_VERTEX, LINE_FRAGMENT);
    this.buffers = Object.fromEntries(["from", "to", "look", "shape", "line", "corner", "box", "front"].map((name) => [name, gl.createBuffer()]));
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers.corner);
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([0, 0, 1, 0, 0, 1, 1, 1]), gl.STATIC_DRAW);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  fill(name, values) {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.DYNAMIC_DRAW);
    if (name === "to") this.count = values.length / 3;
    if (name === "line") this.n_lines = values.length / 3;
    if (name === "box") this.n_pictures = values.length / 10;
  }

  // Which points are drawn once more before all others: those that are selected.
  bringForward(points) {
    const { gl } = this;
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.buffers.front);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, points, gl.DYNAMIC_DRAW);
    this.n_front = points.length;
  }

  attribute(place, buffer, size, kind, isNormal = false, stride = 0, offset = 0, divisor = 0) {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[buffer]);
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, size, kind, isNormal, stride, offset);
    gl.vertexAttribDivisor(place, divisor);
  }

  use({ made, at }, camera, rest = {}) {
    const { gl } = this;
    gl.useProgram(made);
    for (let place = 0; place < 4; place++) gl.disableVertexAttribArray(place);
    if (!at.turn) return at;
    gl.uniformMatrix3fv(at.turn, true, camera.turn);
    gl.uniform2f(at.scale, (2 * camera.scale) / camera.width, (2 * camera.scale) / camera.height);
    gl.uniform2f(at.middle, camera.x, camera.y);
    gl.uniform1f(at.deep, camera.deep);
    for (const [name, value] of Object.entries(rest)) gl.uniform1f(at[name], value);
    return at;
  }

  draw(camera, { part, size, ground, ink, hasTrails, ratio }) {
    const { gl, canvas } = this;
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.disable(gl.DEPTH_TEST);
    if (hasTrails && this.n_lines && part >= 1) {
      const at = this.use(this.lines, camera);
      gl.uniform4f(at.ink, ...ink.map((value) => value / 255), 0.4);
      this.attribute(at.to, "line", 3, gl.FLOAT);
      gl.drawArrays(gl.LINES, 0, this.n_lines);
    }
    if (this.count) {
      if (camera.solid > 0.5) gl.enable(gl.DEPTH_TEST);
      const at = this.use(this.points, camera, { part, size: size * ratio, solid: camera.solid });
      gl.uniform3f(at.ground, ...ground.map((value) => value / 255));
      this.attribute(at.from, "from", 3, gl.FLOAT);
      this.attribute(at.to, "to", 3, gl.FLOAT);
      this.attribute(at.look, "look", 4, gl.UNSIGNED_BYTE, true);
      this.attribute(at.shape, "shape", 1, gl.UNSIGNED_BYTE);
      gl.uniform1i(at.pass, 0);
      gl.drawArrays(gl.POINTS, 0, this.count);
      gl.disable(gl.DEPTH_TEST); // what is selected is seen through the others
      if (this.n_front) {
        gl.uniform1i(at.pass, 1);
        gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.buffers.front);
        gl.drawElements(gl.POINTS, this.n_front, gl.UNSIGNED_INT, 0);
      }
    }
    if (this.n_pictures) this.drawPictures(camera, ratio);
  }

  drawPictures(camera, ratio) {
    const { gl } = this;
    const at = this.use(this.pictures, camera);
    gl.uniform2f(at.screen, camera.width, camera.height);
    gl.uniform1f(at.cells, CELLS);
    gl.uniform1f(at.rows, CELL_ROWS);
    gl.uniform1f(at.border, 2);
    gl.bindTexture(gl.TEXTURE_2D, this.atlas);
    this.attribute(at.corner, "corner", 2, gl.FLOAT);
    this.attribute(at.box, "box", 4, gl.FLOAT, false, 40, 0, 1);
    this.attribute(at.cell, "box", 2, gl.FLOAT, false, 40, 16, 1);
    this.attribute(at.frame, "box", 4, gl.FLOAT, false, 40, 24, 1);
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.n_pictures);
    for (const place of [at.corner, at.box, at.cell, at.frame]) gl.vertexAttribDivisor(place, 0);
  }

  // Put pixels of one thumbnail into a cell of the atlas, which is made when the first comes.
  store(cell, pixels) {
    const { gl } = this;
    if (!this.atlas) {
      this.pictures = program(gl, PICTURE_VERTEX, PICTURE_FRAGMENT);
      this.atlas = gl.createTexture();
      gl.bindTexture(gl.TEXTURE_2D, this.atlas);
      gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, CELLS * CELL, CELL_ROWS * CELL);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    }
    gl.bindTexture(gl.TEXTURE_2D, this.atlas);
    const [x, y] = [(cell % CELLS) * CELL, Math.floor(cell / CELLS) * CELL];
    gl.texSubImage2D(gl.TEXTURE_2D, 0, x, y, CELL, CELL, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  }

  end() { this.gl.getExtension("WEBGL_lose_context")?.loseContext(); }
}
