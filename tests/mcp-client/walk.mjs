// Walks through the tools with the protocol's own client: lists, checks with a hold, books, moves, cancels. Prints what came of it.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const { SLOTKEEPER_URL: url, SLOTKEEPER_KEY: key, SERVER_DLL: dll, FIRST: first, SECOND: second } = process.env;
const way = process.argv[2];
const transport = way === "http"
  ? new StreamableHTTPClientTransport(new URL("mcp", url), { requestInit: { headers: { Authorization: `Bearer ${key}` } } })
  : new StdioClientTransport({ command: "dotnet", args: [dll, "mcp"], env: { ...process.env } });
const client = new Client({ name: "walk", version: "1.0.0" });
await client.connect(transport);

async function call(name, args) {
  for (let tries = 0; tries < 60; tries++) {
    const result = await client.callTool({ name, arguments: { ...args, conversationId: `javascript ${way}` } });
    if (result.isError) throw new Error(`${name}: ${JSON.stringify(result.content)}`);
    if (result.structuredContent.outcome !== "one_moment") return result.structuredContent;
  }
  throw new Error(`${name} never came to an end`);
}

const tools = (await client.listTools()).tools.map((tool) => tool.name);
const held = await call("check_availability", { start: first, hold: true });
const booked = await call("create_booking", { holdId: held.holdId, attendee: { name: "Ada Lovelace", email: "ada@example.com" } });
const other = await call("check_availability", { start: second });
const moved = await call("reschedule_booking", { bookingId: booked.bookingId, checkId: other.checkId });
const cancelled = await call("cancel_booking", { bookingId: booked.bookingId });
await client.close();
console.log(JSON.stringify({ tools, outcomes: [held, booked, moved, cancelled].map((answer) => answer.outcome) }));
