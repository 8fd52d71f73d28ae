// Writes a CycloneDX 1.6 list of everything the server ships, from the lock files that restore is held to. No network; licences from the restored packages where they say one.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname;
const packages = process.env.NUGET_PACKAGES ?? join(homedir(), ".nuget", "packages");
const found = new Map();
for (const project of readdirSync(join(root, "src"))) {
  const file = join(root, "src", project, "packages.lock.json");
  if (!existsSync(file)) continue;
  for (const framework of Object.values(JSON.parse(readFileSync(file, "utf8")).dependencies))
    for (const [name, one] of Object.entries(framework))
      if (one.type !== "Project") found.set(`${name}@${one.resolved}`, { name, version: one.resolved, hash: one.contentHash, needs: one.dependencies ?? {} });
}
// What the dashboard's pages load is inside the program.
const assets = JSON.parse(readFileSync(join(root, "build", "dashboard", "package-lock.json"), "utf8")).packages;
const scripts = Object.entries(assets).filter(([path]) => path.startsWith("node_modules/")).map(([path, one]) => {
  const name = path.slice("node_modules/".length);
  return { type: "library", "bom-ref": `pkg:npm/${name.replace("@", "%40")}@${one.version}`, name, version: one.version, purl: `pkg:npm/${name.replace("@", "%40")}@${one.version}`,
    hashes: [{ alg: "SHA-512", content: Buffer.from(one.integrity.slice("sha512-".length), "base64").toString("hex") }], licenses: one.license ? [{ expression: one.license }] : [] };
});
const byName = new Map([...found.values()].map((one) => [one.name.toLowerCase(), one]));
const purl = (one) => `pkg:nuget/${one.name}@${one.version}`;

function licenceOf(one) {
  const nuspec = join(packages, one.name.toLowerCase(), one.version.toLowerCase(), `${one.name.toLowerCase()}.nuspec`);
  if (!existsSync(nuspec)) return [];
  const text = readFileSync(nuspec, "utf8");
  const expression = text.match(/<license type="expression">([^<]+)<\/license>/)?.[1];
  if (expression) return [{ expression }];
  const url = text.match(/<licenseUrl>([^<]+)<\/licenseUrl>/)?.[1];
  return url ? [{ license: { name: "see url", url } }] : [];
}

const version = readFileSync(join(root, "Directory.Build.props"), "utf8").match(/<Version>([^<]+)<\/Version>/)?.[1] ?? "0.0.0";
const components = [...found.values()].sort((a, b) => (purl(a) < purl(b) ? -1 : 1)).map((one) => ({
  type: "library", "bom-ref": purl(one), name: one.name, version: one.version, purl: purl(one),
  hashes: [{ alg: "SHA-512", content: Buffer.from(one.hash, "base64").toString("hex") }],
  licenses: licenceOf(one),
})).concat(scripts);
const dependencies = [...found.values()].map((one) => ({
  ref: purl(one), dependsOn: Object.keys(one.needs).map((name) => byName.get(name.toLowerCase())).filter(Boolean).map(purl).sort(),
})).sort((a, b) => (a.ref < b.ref ? -1 : 1));
const server = `pkg:generic/slotkeeper@${version}`;
// The same sources give the same document: its number is made from its content and it says no time.
const content = JSON.stringify({ components, dependencies });
const digest = createHash("sha256").update(content).digest("hex");
const serial = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
console.log(JSON.stringify({
  $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", bomFormat: "CycloneDX", specVersion: "1.6", serialNumber: `urn:uuid:${serial}`, version: 1,
  metadata: { component: { type: "application", "bom-ref": server, name: "slotkeeper", version, purl: server, licenses: [{ license: { id: "Apache-2.0" } }] } },
  components,
  dependencies: [{ ref: server, dependsOn: components.map((one) => one["bom-ref"]) }, ...dependencies],
}, null, 2));
