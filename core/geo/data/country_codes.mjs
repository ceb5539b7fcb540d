// Which ISO 3166-1 alpha-2 codes a shape of world-atlas counts for. Nearer is safer: a shape that two
// countries claim counts for both, a territory also for its sovereign, because databases label an
// address there with either.
import fs from 'node:fs';

const iso = JSON.parse(fs.readFileSync('/usr/share/iso-codes/json/iso_3166-1.json', 'utf8'))['3166-1'];
const alpha2 = new Map(iso.map((country) => [country.numeric, country.alpha_2]));

// Shapes without an ISO number, by Natural Earth's name.
const byName = new Map([
  ['Akrotiri', ['CY', 'GB']],
  ['Bajo Nuevo Bank', ['CO', 'US']],
  ['Baikonur', ['KZ', 'RU']],
  ['Clipperton I.', ['FR']],
  ['Coral Sea Is.', ['AU']],
  ['Cyprus U.N. Buffer Zone', ['CY']],
  ['Dhekelia', ['CY', 'GB']],
  ['Kosovo', ['RS', 'XK']],
  ['N. Cyprus', ['CY', 'TR']],
  ['Scarborough Reef', ['CN', 'PH', 'TW']],
  ['Serranilla Bank', ['CO', 'US']],
  ['Siachen Glacier', ['IN', 'PK']],
  ['Somaliland', ['SO']],
  ['Spratly Is.', ['BN', 'CN', 'MY', 'PH', 'TW', 'VN']],
  ['USNB Guantanamo Bay', ['CU', 'US']],
]);

// Territories with a code of their own, by sovereign.
const sovereign = new Map(Object.entries({
  AU: 'CC CX HM NF', CN: 'HK MO', DK: 'FO GL', FI: 'AX', FR: 'BL GF GP MF MQ NC PF PM RE TF WF YT',
  GB: 'AI BM FK GG GI GS IM IO JE KY MS PN SH TC VG', NL: 'AW BQ CW SX', NO: 'BV SJ', NZ: 'CK NU TK',
  US: 'AS GU MP PR UM VI', MA: 'EH',
}).flatMap(([country, territories]) => territories.split(' ').map((code) => [code, country])));

// Parts of a shape, by the box (west, south, east, north) that holds the whole polygon: territories
// that Natural Earth draws with their sovereign, and places that another country claims.
const parts = [
  { of: 'FR', box: [-55, 2, -51, 6], code: 'GF' },
  { of: 'FR', box: [-62, 15.7, -60.9, 16.6], code: 'GP' },
  { of: 'FR', box: [-61.3, 14.3, -60.7, 15], code: 'MQ' },
  { of: 'FR', box: [44.9, -13.1, 45.4, -12.6], code: 'YT' },
  { of: 'FR', box: [55.1, -21.5, 56, -20.8], code: 'RE' },
  { of: 'NO', box: [10, 74, 35, 81], code: 'SJ' },
  { of: 'NO', box: [-9.2, 70.7, -7.8, 71.3], code: 'SJ' },
  { of: 'NO', box: [3, -55, 4, -54], code: 'BV' },
  { of: 'NL', box: [-68.5, 12, -68.1, 12.4], code: 'BQ' },
  { of: 'NL', box: [-63.4, 17.4, -62.8, 17.7], code: 'BQ' },
  { of: 'NZ', box: [-173, -9.6, -171, -8.4], code: 'TK' },
  { of: 'Indian Ocean Ter.', box: [105, -11, 106, -10], code: 'CX' },
  { of: 'Indian Ocean Ter.', box: [96, -13, 97, -11], code: 'CC' },
  { of: 'RU', box: [32, 44, 37, 46.5], code: 'UA' },     // Crimea
  { of: 'RU', box: [145, 43, 149, 46], code: 'JP' },     // Kunashir, Iturup, Shikotan, Habomai
  { of: 'CN', box: [111, 15, 113, 18], code: 'VN' },     // Paracels
  { of: 'CN', box: [111, 15, 113, 18], code: 'TW' },
  { of: 'JP', box: [123, 25, 125, 26.2], code: 'CN' },   // Senkaku
  { of: 'JP', box: [123, 25, 125, 26.2], code: 'TW' },
  { of: 'KR', box: [131.8, 37.2, 131.9, 37.3], code: 'JP' },  // Takeshima
  { of: 'TW', box: [117, 23.5, 121, 27], code: 'CN' },  // Kinmen, Matsu
];

// Places by hand, [longitude, latitude], that the source's scale loses by more than its margin.
export const extraPoints = [
  // Fangchuan: the strip between the Tumen and Russia, under a kilometre wide, that brings China
  // 14 km nearer to the Sea of Japan. Position from open maps.
  { codes: ['CN'], point: [130.607, 42.42] },
];

const within = ([west, south, east, north], polygon) =>
  polygon[0].every(([lon, lat]) => lon >= west && lon <= east && lat >= south && lat <= north);

const used = new Set();

export function codesOf(id, name, polygon) {
  const own = alpha2.get(id);
  const codes = new Set(byName.get(name) ?? (own ? [own] : []));
  if (sovereign.has(own)) codes.add(sovereign.get(own));
  for (const part of parts) {
    if (part.of !== own && part.of !== name) continue;
    if (!within(part.box, polygon)) continue;
    used.add(part);
    codes.add(part.code);
    if (sovereign.has(part.code)) codes.add(sovereign.get(part.code));
  }
  if (codes.size === 0) throw new Error(`no code for ${name} (${id})`);
  return [...codes].sort();
}

export function codesWithout(listed) {
  return [...alpha2.values()].filter((code) => !listed.has(code));
}
export const unusedParts = () => parts.filter((part) => !used.has(part));
