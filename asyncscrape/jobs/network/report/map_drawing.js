// Two ways to draw the points, WebGL and a plain canvas.

const RIM = 80;
const VERTEX = `
attribute vec2 place; attribute vec4 look; attribute float radius;
uniform vec2 middle; uniform vec2 scale; uniform float grown;
varying vec4 colour; varying float extent;
void main() {
  gl_Position = vec4((place - middle) * scale, 0.0, 1.0);
  extent = radius * grown + 0.5;
  gl_PointSize = 2.0 * extent;
  colour = look;
  if (radius == 0.0) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
}`;
// How many pixels a place lies inside the disc, near its edge; without a square root, which costs most where no graphics
// card helps. The edge is mixed with the colour of the page, so that discs which overlap can be told apart.
const FRAGMENT = `
precision mediump float;
uniform vec3 page;
varying vec4 colour; varying float extent;
void main() {
  vec2 aside = gl_PointCoord - 0.5;
  float inside = (1.0 - 4.0 * dot(aside, aside)) * extent * 0.5;
  vec3 mixed = mix(page, colour.rgb, clamp(inside * 0.8 + 0.2, 0.0, 1.0));
  gl_FragColor = vec4(mixed, 1.0) * (colour.a * clamp(inside, 0.0, 1.0));
}`;
const shader = (gl, kind, source) => {
  const made = gl.createShader(kind);
  gl.shaderSource(made, source);
  gl.compileShader(made);
  return made;
};
const program = (gl) => {
  const made = gl.createProgram();
  gl.attachShader(made, shader(gl, gl.VERTEX_SHADER, VERTEX));
  gl.attachShader(made, shader(gl, gl.FRAGMENT_SHADER, FRAGMENT));
  gl.linkProgram(made);
  gl.useProgram(made);
  return made;
};
// One buffer for each attribute; the answer sends its array again.
const attribute = (gl, made, name, array, each, kind, asShare) => {
  const buffer = gl.createBuffer(), at = gl.getAttribLocation(made, name);
  const send = () => {
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, array, gl.DYNAMIC_DRAW);
  };
  send();
  gl.enableVertexAttribArray(at);
  gl.vertexAttribPointer(at, each, kind, asShare, 0, 0);
  return send;
};
const pageColour = () => rgb(getComputedStyle(document.documentElement).getPropertyValue("--sea").trim()).map((part) => part / 255);
const placed = new Float32Array(size * 2);
for (let account = 0; account < size; account++) placed.set([xs[account], ys[account]], account * 2);
const pixels = () => Math.min(devicePixelRatio || 1, 2);
const fitted = (canvas, density, rim = 0) => {
  const [width, height] = [view.width, view.height].map((length) => Math.round((length + 2 * rim) * density));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
};

const withWebGL = (canvas, gl) => {
  let made, sendLooks, sendSizes, middle, scale, growth, page;
  const build = () => {
    made = program(gl);
    attribute(gl, made, "place", placed, 2, gl.FLOAT, false);
    sendLooks = attribute(gl, made, "look", looks, 4, gl.UNSIGNED_BYTE, true);
    sendSizes = attribute(gl, made, "radius", sizes, 1, gl.FLOAT, false);
    [middle, scale, growth, page] = ["middle", "scale", "grown", "page"].map((name) => gl.getUniformLocation(made, name));
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  };
  build();
  canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
  canvas.addEventListener("webglcontextrestored", () => {
    build();
    dress();
  });
  return {
    name: "WebGL",
    dressed: () => {
      sendLooks();
      sendSizes();
      gl.clearColor(...pageColour(), 1);
      gl.uniform3f(page, ...pageColour());
    },
    draw: (density) => {
      const [width, height] = [view.width + 2 * RIM, view.height + 2 * RIM];
      fitted(canvas, density, RIM);
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform2f(middle, view.x, view.y);
      gl.uniform2f(scale, (2 * view.scale) / width, (2 * view.scale) / height);
      // Coarse points would be paler: more of each is edge.
      gl.uniform1f(growth, grown() * density * (pace.coarse ? 1.25 : 1));
      gl.drawArrays(gl.POINTS, 0, size);
    },
  };
};
// Without WebGL: slower with many accounts, but the same picture.
const withCanvas = (canvas) => {
  const pen = canvas.getContext("2d");
  const dot = (account) => {
    const across = acrossOf(xs[account]), down = downOf(ys[account]), radius = sizes[account] * grown();
    const most = RIM + radius;
    if (!radius || across < -most || down < -most || across > view.width + most || down > view.height + most) return;
    const [red, green, blue, alpha] = looks.subarray(account * 4, account * 4 + 4);
    pen.fillStyle = `rgba(${red},${green},${blue},${alpha / 255})`;
    pen.beginPath();
    pen.arc(across, down, radius, 0, 7);
    pen.fill();
  };
  return {
    name: "canvas",
    dressed: () => {},
    draw: (density) => {
      fitted(canvas, density, RIM);
      pen.setTransform(density, 0, 0, density, RIM * density, RIM * density);
      pen.clearRect(-RIM, -RIM, view.width + 2 * RIM, view.height + 2 * RIM);
      for (let account = 0; account < size; account++) dot(account);
    },
  };
};
const canvas = $("points");
const drawing = (() => {
  const gl = canvas.getContext("webgl", { antialias: false, alpha: false });
  return gl ? withWebGL(canvas, gl) : withCanvas(canvas);
})();
document.documentElement.dataset.drawnWith = drawing.name;

// While the map only moves, what was drawn moves with it, until it has moved by the rim that was drawn beyond its edges.
let drawn = null;
const slide = () => {
  if (!drawn || drawn.coarse !== pace.coarse || ["scale", "width", "height"].some((name) => drawn[name] !== view[name])) return false;
  const across = Math.round(acrossOf(drawn.x) - view.width / 2), down = Math.round(downOf(drawn.y) - view.height / 2);
  if (Math.abs(across) > RIM || Math.abs(down) > RIM) return false;
  canvas.style.transform = `translate(${across}px, ${down}px)`;
  return true;
};
painters.push(() => {
  if (slide()) return;
  drawn = { ...view, coarse: pace.coarse };
  canvas.style.transform = "";
  drawing.draw(pace.coarse ? pixels() / 2 : pixels());
});
dark.addEventListener("change", () => dress());
