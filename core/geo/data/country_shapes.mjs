#!/usr/bin/env node
// Writes config/country_shapes.tsv: the outline of every country, simplified, for the question how
// near a country comes to a sensor. Run again only when the source or the tolerance changes:
//
//   npm ci && node core/geo/data/country_shapes.mjs config/country_shapes.tsv
//
// Source: Natural Earth 1:10m (public domain) by npm world-atlas (ISC); ISO 3166-1 codes by Debian's
// iso-codes. An outline may lose detail but never reach: each point of the source lies within the
// margin that is measured below and written into the file, and the reader takes the margin off.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { feature } from 'topojson-client';
import { codesOf, codesWithout, extraPoints, unusedParts } from './country_codes.mjs';

const require = createRequire(import.meta.url);
const EARTH_KM = 6371.0088;
const RAD = Math.PI / 180;
const TOLERANCE_KM = 8;      // of the simplification, before rounding
const LONGEST_KM = 150;      // edges: beyond it a great circle leaves the map's straight line
const DENSE_DEGREES = 0.25;  // edges of the source are cut to this before anything is measured
const DECIMALS = 2;          // 0.01 degree: at most 0.8 km
const SOURCE_KM = 10;        // Natural Earth at 1:10m: a millimetre of the map

const vector = ([lon, lat]) => {
  const [a, b] = [lon * RAD, lat * RAD];
  return [Math.cos(b) * Math.cos(a), Math.cos(b) * Math.sin(a), Math.sin(b)];
};
const dot = (p, q) => p[0] * q[0] + p[1] * q[1] + p[2] * q[2];
const cross = (p, q) => [p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]];
const chord = (p, q) => Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
const km = (p, q) => 2 * EARTH_KM * Math.asin(Math.min(1, chord(p, q) / 2));

// From a point to a great-circle edge.
function edgeKm(point, from, to) {
  const nearestEnd = Math.min(km(point, from), km(point, to));
  const normal = cross(from, to);
  const size = Math.hypot(...normal);
  if (size < 1e-12) return nearestEnd;
  const inside = dot(cross(normal, from), point) > 0 && dot(cross(to, normal), point) > 0;
  if (!inside) return nearestEnd;
  return EARTH_KM * Math.asin(Math.min(1, Math.abs(dot(normal, point)) / size));
}

function densify(ring) {
  const out = [];
  for (let at = 0; at + 1 < ring.length; ++at) {
    const [a, b] = [ring[at], ring[at + 1]];
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(a[0] - b[0]), Math.abs(a[1] - b[1])) / DENSE_DEGREES));
    for (let step = 0; step < steps; ++step) {
      out.push([a[0] + ((b[0] - a[0]) * step) / steps, a[1] + ((b[1] - a[1]) * step) / steps]);
    }
  }
  return out;  // open: the first point is not repeated
}

const round = ([lon, lat]) => [Number(lon.toFixed(DECIMALS)), Number(lat.toFixed(DECIMALS))];

// Douglas-Peucker over rounded points, by great-circle edges; returns the kept indices.
function simplify(points, vectors, rounded) {
  const keep = new Set();
  const stack = [];
  const count = points.length;
  let farthest = 0;
  for (let at = 1; at < count; ++at) if (km(vectors[at], vectors[0]) > km(vectors[farthest], vectors[0])) farthest = at;
  for (const [from, to] of [[0, farthest], [farthest, count]]) if (from !== to) stack.push([from, to]);
  keep.add(0);
  keep.add(farthest);
  while (stack.length > 0) {
    const [from, to] = stack.pop();
    const [a, b] = [rounded[from], rounded[to % count]];
    let worst = -1;
    let worstKm = 0;
    for (let at = from + 1; at < to; ++at) {
      const distance = edgeKm(vectors[at], a, b);
      if (distance > worstKm) [worst, worstKm] = [at, distance];
    }
    if (worst < 0) continue;
    if (worstKm <= TOLERANCE_KM && km(a, b) <= LONGEST_KM) continue;
    // An edge that is only too long is cut in its middle.
    const cut = worstKm > TOLERANCE_KM ? worst : (from + to) >> 1;
    keep.add(cut);
    stack.push([from, cut], [cut, to]);
  }
  return [...keep].sort((a, b) => a - b);
}

function contains(ring, [lon, lat]) {
  let inside = false;
  for (let at = 0, before = ring.length - 1; at < ring.length; before = at++) {
    const [a, b] = [ring[at], ring[before]];
    if (a[1] > lat !== b[1] > lat && lon < ((b[0] - a[0]) * (lat - a[1])) / (b[1] - a[1]) + a[0]) inside = !inside;
  }
  return inside;
}

function edgesOf(ring) {
  const vectors = ring.map(vector);
  return vectors.map((from, at) => [from, vectors[(at + 1) % vectors.length]]);
}

// How far a point of the source is from what is kept.
function keptKm(kept, point, enough) {
  let best = Infinity;
  const at = vector(point);
  for (const polygon of kept) {
    if (km(at, polygon.center) - polygon.radius > Math.min(best, 500)) continue;
    if (contains(polygon.rings[0], point)) return 0;
    for (const [from, to] of polygon.edges) {
      best = Math.min(best, edgeKm(at, from, to));
      if (best <= enough) return best;
    }
  }
  return best;
}

function simplifyPolygon(polygon) {
  const rings = [];
  for (const ring of polygon) {
    const points = densify(ring);
    const vectors = points.map(vector);
    const roundedPoints = points.map(round);
    const rounded = roundedPoints.map(vector);
    const kept = simplify(points, vectors, rounded).map((at) => roundedPoints[at]);
    const distinct = kept.filter((point, at) => at === 0 || String(point) !== String(kept[at - 1]));
    // A hole that has no area left is no hole; leaving it out only brings the country nearer.
    if (rings.length > 0 && distinct.length < 3) continue;
    rings.push(distinct);
  }
  const edges = rings.flatMap(edgesOf);
  const center = edges[0][0];
  const radius = Math.max(...edges.map(([from]) => km(center, from))) + LONGEST_KM;
  return { rings, edges, center, radius, source: polygon };
}

function simplifyCountry(polygons) {
  const size = (polygon) => {
    const [lons, lats] = [0, 1].map((axis) => polygon[0].map((point) => point[axis]));
    return (Math.max(...lons) - Math.min(...lons)) * (Math.max(...lats) - Math.min(...lats));
  };
  const kept = [];
  for (const polygon of [...polygons].sort((a, b) => size(b) - size(a))) {
    const near = kept.length > 0 && densify(polygon[0]).every((point) => keptKm(kept, point, TOLERANCE_KM) <= TOLERANCE_KM);
    if (!near) kept.push(simplifyPolygon(polygon));
  }
  let worst = 0;
  for (const polygon of polygons) {
    for (const ring of polygon) for (const point of densify(ring)) worst = Math.max(worst, keptKm(kept, point, 0));
  }
  return { kept, worst };
}

const world = JSON.parse(fs.readFileSync(require.resolve('world-atlas/countries-10m.json')));
const shapes = new Map();  // "codes" -> polygons
const add = (codes, polygons) => shapes.set(codes.join(','), [...(shapes.get(codes.join(',')) ?? []), ...polygons]);
for (const { id, properties, geometry } of feature(world, world.objects.countries).features) {
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
  for (const polygon of polygons) add(codesOf(id, properties.name, polygon), [polygon]);
}
for (const { codes, point } of extraPoints) add(codes, [[[point, point]]]);

const listed = new Set([...shapes.keys()].flatMap((codes) => codes.split(',')));
const missing = codesWithout(listed);
if (missing.length > 0) throw new Error(`no shape for ${missing.join(' ')}`);
// A part that matches nothing is a box that the source has outgrown.
if (unusedParts().length > 0) throw new Error(`parts that hold nothing: ${JSON.stringify(unusedParts())}`);

let worst = 0;
let points = 0;
const lines = [];
for (const codes of [...shapes.keys()].sort()) {
  const country = simplifyCountry(shapes.get(codes));
  worst = Math.max(worst, country.worst);
  for (const { rings } of country.kept) {
    points += rings.flat().length;
    lines.push(`${codes}\t${rings.map((ring) => ring.map((point) => point.join(' ')).join(',')).join(';')}`);
  }
}
const margin = Math.ceil(worst + SOURCE_KM);
const text = `# Outlines of countries, simplified: how near each one comes to a sensor.
# Made by core/geo/data/country_shapes.mjs from Natural Earth 1:10m (public domain) by npm world-atlas 2.0.2.
# Disputed places are listed with every country that claims them, territories also with their sovereign:
# nearer never accuses wrongly. A line is one polygon: codes, tab, rings by ';' (the first is the outer one),
# points by ',', each "longitude latitude" in degrees.
# Margin: ${worst.toFixed(2)} km measured from every point of the source to what is kept, and ${SOURCE_KM} km of the source.
margin_km\t${margin}
${lines.join('\n')}
`;
fs.writeFileSync(process.argv[2], text);
console.error(`${listed.size} codes, ${lines.length} polygons, ${points} points, ${text.length} bytes, worst ${worst.toFixed(2)} km`);
