using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Slotkeeper.Server.Transfer;
using Xunit;

namespace Slotkeeper.Server.Tests;

/// <summary>Import and export: what goes out comes in again unchanged, and a bad line stops nobody.</summary>
public sealed class TransferTests : IAsyncLifetime
{
    private TestServer server = null!;
    private string agency = "";
    private string key = "";

    public async ValueTask InitializeAsync()
    {
        server = await TestServer.StartAsync();
        agency = await server.CreateAgencyAsync();
        key = await server.CreateKeyAsync(agency, "agency");
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData("ndjson", "application/x-ndjson")]
    [InlineData("csv", "text/csv")]
    public async Task An_export_imported_again_changes_nothing(string format, string type)
    {
        var first = await server.CreateWorkspaceAsync(agency, "=HYPERLINK(\"x\"), \"quoted\"\u00a0ü", "ref,1");
        await server.PutAsync($"/v1/workspaces/{first}/calendars/default", new { url = "https://calendly.com/acme/intro", durationMinutes = 45, capacity = 3 });
        await server.PutAsync(
            $"/v1/workspaces/{first}/calendars/direct_book",
            new { url = "https://calendly.com/acme/direct", resource = "Room 1", workingHours = new { monday = new[] { new { start = "09:00", end = "17:00" } } } });
        var connection = await server.CreateConnectionAsync(agency);
        var second = await server.CreateWorkspaceAsync(agency, "'quote first", "ref-2");
        await server.PutAsync($"/v1/workspaces/{second}/calendars/default", new { provider = "calcom", externalId = "123", connectionId = connection });
        await server.PatchAsync($"/v1/workspaces/{second}", new { settings = new { firstTouch = new { template = "Line 1\r\nLine 2" }, selection = "classic" } });
        await server.CreateWorkspaceAsync(agency, "without reference");

        var before = (await server.GetAsync("/v1/workspaces", key)).Text;
        var export = (await server.GetAsync($"/v1/export?format={format}", key)).Expect(HttpStatusCode.OK);
        Assert.Equal(type, export.ContentType);
        var import = await ImportAsync(export.Text, type);
        Assert.Equal("""{"created":0,"updated":0,"unchanged":3,"rejected":[]}""", import.Text);
        Assert.Equal(before, (await server.GetAsync("/v1/workspaces", key)).Text);
        Assert.Equal("""{"created":0,"updated":0,"unchanged":3,"rejected":[]}""", (await ImportAsync("\uFEFF" + export.Text, type)).Text);
    }

    [Fact]
    public async Task Both_spellings_say_the_same()
    {
        var ndjson = await ImportAsync(
            """{"externalRef":"a","name":"A","timeZone":"UTC","locale":"de","settings":{"offerCount":3},"calendars":{"default":{"url":"https://calendly.com/a/b","durationMinutes":30}}}""",
            "application/x-ndjson");
        Assert.Equal("""{"created":1,"updated":0,"unchanged":0,"rejected":[]}""", ndjson.Text);
        var csv = await ImportAsync(
            "externalRef,name,timeZone,locale,settings,defaultUrl,defaultDurationMinutes\na,A,UTC,de,\"{\"\"offerCount\"\":3}\",https://calendly.com/A/B,30\n", "text/csv");
        Assert.Equal("""{"created":0,"updated":0,"unchanged":1,"rejected":[]}""", csv.Text);
    }

    [Fact]
    public async Task A_bad_line_is_reported_by_its_number_and_stops_nobody()
    {
        var reply = await ImportAsync(
            """
            {"externalRef":"1","name":"One","timeZone":"UTC"}
            not json

            {"externalRef":"2","timeZone":"UTC"}
            {"externalRef":"3","name":"Three","timeZone":"Nowhere"}
            {"name":"No reference","timeZone":"UTC"}
            {"externalRef":"4","name":"Four","timeZone":"UTC","calendars":{"default":{"url":"https://example.com"}}}
            {"externalRef":"5","name":"Five","timeZone":"UTC","settings":{"offerCount":99}}
            {"externalRef":"6","name":"Six","timeZone":"UTC","agencyId":"agy_other"}
            {"externalRef":"7","name":"Seven","timeZone":"UTC","calendars":{"default":{"provider":"calcom","externalId":"1","connectionId":"con_other"}}}
            {"externalRef":"8","name":"Eight","timeZone":"UTC","typo":1}
            {"externalRef":"1","name":"One again","timeZone":"UTC"}
            {"id":"ws_unknown","name":"Nine","timeZone":"UTC"}
            {"externalRef":"10","name":"Ten","timeZone":"UTC","calendars":{"default":{"url":"https://calendly.com/ten/intro"}}}
            """,
            "application/x-ndjson");
        reply.Expect(HttpStatusCode.OK);
        Assert.Equal(2, reply.Json.GetProperty("created").GetInt32());
        Assert.Equal(
            [
                (2, "malformed_json"), (4, "invalid_request"), (5, "invalid_request"), (6, "invalid_request"), (7, "unsupported_calendar_link"), (8, "settings_out_of_range"),
                (9, "not_found"), (10, "not_found"), (11, "invalid_request"), (12, "duplicate_line"), (13, "not_found"),
            ],
            reply.Json.GetProperty("rejected").EnumerateArray().Select(line => (line.GetProperty("line").GetInt32(), line.GetProperty("code").GetString())));
        var listed = await server.GetAsync("/v1/workspaces", key);
        Assert.Equal(["One", "Ten"], listed.Json.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("name").GetString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Bad_lines_of_csv_are_counted_by_the_lines_of_the_text()
    {
        var reply = await ImportAsync("externalRef,name,timeZone\r\n1,\"two\r\nlines\",UTC\r\n2,short\r\n3,Three,UTC\r\n4,\"open,UTC\r\n", "text/csv");
        Assert.Equal(2 - 1, reply.Json.GetProperty("created").GetInt32());
        Assert.Equal(
            [(2, "invalid_request"), (4, "malformed_csv"), (6, "malformed_csv")],
            reply.Json.GetProperty("rejected").EnumerateArray().Select(line => (line.GetProperty("line").GetInt32(), line.GetProperty("code").GetString())));
    }

    [Fact]
    public async Task A_header_with_an_unknown_column_is_refused_as_a_whole()
    {
        (await ImportAsync("externalRef,nmae\n1,One\n", "text/csv")).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request").ExpectFault("nmae", "timeZone");
        (await ImportAsync("", "text/csv")).ExpectProblem(HttpStatusCode.BadRequest, "invalid_request").ExpectFault("header");
    }

    [Fact]
    public async Task A_dry_run_says_what_an_import_would_do_and_does_none_of_it()
    {
        var known = await server.CreateWorkspaceAsync(agency, "Known", "known");
        var file = string.Join('\n', Enumerable.Range(0, 450).Select(i => $$"""{"externalRef":"r{{i}}","name":"W{{i}}","timeZone":"UTC","calendars":{"default":{"url":"https://calendly.com/w{{i}}/intro"} } }"""))
            + $$"""

            {"externalRef":"known","name":"Known by another name"}
            {"id":"{{known}}","name":"Known once more"}
            {"externalRef":"r7","name":"Seven again","timeZone":"UTC"}
            {"externalRef":"bad","name":"Bad","timeZone":"Nowhere"}
            """;
        var before = (await server.GetAsync("/v1/workspaces", key)).Text;
        var audit = (await server.GetAsync("/v1/audit?limit=1000", key)).Text;
        var dry = (await ImportAsync(file, "application/x-ndjson", query: "?dryRun=true")).Expect(HttpStatusCode.OK).Json;
        Assert.Equal(before, (await server.GetAsync("/v1/workspaces", key)).Text);
        Assert.Equal(audit, (await server.GetAsync("/v1/audit?limit=1000", key)).Text);
        Assert.Equal(451, dry.GetProperty("changes").GetArrayLength());
        var renamed = dry.GetProperty("changes")[450];
        Assert.Equal(
            ("updated", known, "Known", "Known by another name"),
            (renamed.GetProperty("outcome").GetString(), renamed.GetProperty("id").GetString(), renamed.GetProperty("before").GetProperty("name").GetString(), renamed.GetProperty("after").GetProperty("name").GetString()));
        var made = dry.GetProperty("changes")[3];
        Assert.Equal("""{"provider":"calendly","url":"https://calendly.com/w3/intro"}""", made.GetProperty("after").GetProperty("calendars.default").GetRawText());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, made.GetProperty("id").ValueKind);

        var real = (await ImportAsync(file, "application/x-ndjson")).Json;
        foreach (var count in new[] { "created", "updated", "unchanged" })
            Assert.Equal(real.GetProperty(count).GetInt32(), dry.GetProperty(count).GetInt32());
        Assert.Equal(real.GetProperty("rejected").GetRawText(), dry.GetProperty("rejected").GetRawText());
        Assert.False(real.TryGetProperty("changes", out _));
    }

    [Fact]
    public async Task A_second_line_for_a_workspace_is_refused_however_far_below_the_first_it_stands()
    {
        var lines = Enumerable.Range(0, 250).Select(i => $$"""{"externalRef":"r{{i}}","name":"W{{i}}","timeZone":"UTC"}""").Append("""{"externalRef":"r0","name":"Zero again"}""");
        var reply = await ImportAsync(string.Join('\n', lines), "application/x-ndjson");
        var refused = Assert.Single(reply.Json.GetProperty("rejected").EnumerateArray());
        Assert.Equal((251, "duplicate_line"), (refused.GetProperty("line").GetInt32(), refused.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task An_admin_says_which_agency()
    {
        const string Line = """{"externalRef":"1","name":"One","timeZone":"UTC"}""";
        var without = await ImportAsync(Line, "application/x-ndjson", TestServer.AdminKey);
        Assert.Contains("agencyId", without.Json.GetProperty("rejected")[0].GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, (await ImportAsync(Line, "application/x-ndjson", TestServer.AdminKey, $"?agencyId={agency}")).Json.GetProperty("created").GetInt32());
        Assert.Equal(1, (await ImportAsync($$"""{"agencyId":"{{agency}}","externalRef":"1","name":"One","timeZone":"UTC"}""", "application/x-ndjson", TestServer.AdminKey))
            .Json.GetProperty("unchanged").GetInt32());
    }

    [Fact]
    public async Task Absent_fields_stay_and_null_takes_a_calendar_out()
    {
        await ImportAsync("""{"externalRef":"1","name":"One","timeZone":"Europe/Berlin","locale":"de","calendars":{"default":{"url":"https://calendly.com/a/b"}}}""", "application/x-ndjson");
        Assert.Equal(1, (await ImportAsync("""{"externalRef":"1","name":"Eins"}""", "application/x-ndjson")).Json.GetProperty("updated").GetInt32());
        var kept = (await server.GetAsync("/v1/workspaces?externalRef=1", key)).Json.GetProperty("items")[0];
        Assert.Equal(("Eins", "Europe/Berlin", "de"), (kept.GetProperty("name").GetString(), kept.GetProperty("timeZone").GetString(), kept.GetProperty("locale").GetString()));
        Assert.True(kept.GetProperty("calendars").TryGetProperty("default", out _));
        await ImportAsync("""{"externalRef":"1","calendars":{"default":null}}""", "application/x-ndjson");
        Assert.False((await server.GetAsync("/v1/workspaces?externalRef=1", key)).Json.GetProperty("items")[0].GetProperty("calendars").TryGetProperty("default", out _));
    }

    [Fact]
    public void Any_cells_survive_csv_and_none_begins_like_a_formula()
    {
        Prop.ForAll(
            ArbMap.Default.ArbFor<NonEmptyString[]>().Filter(cells => cells.Length > 1),
            cells =>
            {
                var texts = cells.Select(cell => cell.Get.Replace("\u0000", "", StringComparison.Ordinal) is { Length: > 0 } text ? text : "x").ToList();
                var line = new StringBuilder();
                Csv.WriteRecord(line, texts);
                var read = Csv.Read(line.ToString()).ToList();
                return read.Count == 1 && read[0].Fault is null && read[0].Cells.SequenceEqual(texts);
            }).QuickCheckThrowOnFailure();
        foreach (var formula in new[] { "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "''=1", "=\"a\",b" })
        {
            var line = new StringBuilder();
            Csv.WriteRecord(line, [formula, "x"]);
            Assert.StartsWith("'", line.ToString().TrimStart('"'), StringComparison.Ordinal);
            Assert.Equal(formula, Csv.Read(line.ToString()).Single().Cells[0]);
        }
    }

    private Task<Reply> ImportAsync(string text, string type, string? with = null, string query = "") =>
        server.PostAsync("/v1/import" + query, new StringContent(text, Encoding.UTF8, type), with ?? key);
}
