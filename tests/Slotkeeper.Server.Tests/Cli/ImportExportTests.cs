using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Slotkeeper.Server.Cli.Transfer;
using Xunit;

namespace Slotkeeper.Server.Tests.Cli;

/// <summary>
/// What was exported is imported without a change, in both formats and in several requests; rejected lines carry the line numbers of the
/// file; a server that is away, busy, strange or refusing ends with its own code and a text that says what to do.
/// </summary>
public sealed class ImportExportTests : IAsyncLifetime
{
    private ServerUnderTest server = null!;

    public async ValueTask InitializeAsync() => server = await ServerUnderTest.StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData("ndjson")]
    [InlineData("csv")]
    public async Task An_export_can_be_imported_again_and_changes_nothing(string format)
    {
        var first = await CliRun.WithInput(server.Variables, Lines(0, 50), "import", "-", "--agency", server.AgencyId, "--json");
        Assert.Equal(0, first.Code);
        Assert.Equal(50, first.Json.GetProperty("created").GetInt32());

        var path = Path.Combine(server.Folder, "out." + format);
        var export = await CliRun.Of(server.Variables, "export", "--agency", server.AgencyId, "--output", path, "--json");
        Assert.Equal(0, export.Code);
        Assert.Equal(format, export.Json.GetProperty("format").GetString());
        Assert.Equal(new FileInfo(path).Length, export.Json.GetProperty("bytes").GetInt64());

        var again = await CliRun.Of(server.Variables, "import", path, "--json");
        Assert.Equal(0, again.Code);
        Assert.Equal(50, again.Json.GetProperty("unchanged").GetInt32());
        Assert.Equal(0, again.Json.GetProperty("updated").GetInt32());

        var piped = await CliRun.Of(server.Variables, "export", "--format", format);
        Assert.Equal(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken), piped.Out);
    }

    [Fact]
    public async Task A_large_file_goes_in_several_requests_and_rejected_lines_keep_their_numbers()
    {
        // 4,000 lines of about 320 bytes: more than two requests. Every thousandth is broken.
        var text = new StringBuilder();
        for (var line = 1; line <= 4000; line++)
            text.Append(line % 1000 == 0 ? "{\"externalRef\": oops}\n" : Line(line, new string('x', 190) + "\\u00e4") + "\n");
        var run = await CliRun.WithInput(server.Variables, text.ToString(), "import", "-", "--agency", server.AgencyId);
        Assert.Equal(4, run.Code);
        Assert.Contains("3996 created, 0 updated, 0 unchanged, 4 rejected", run.Out, StringComparison.Ordinal);
        Assert.Equal([1000, 2000, 3000, 4000], run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => int.Parse(line.Split(' ')[1].TrimEnd(':'), CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task Rejected_CSV_lines_are_counted_in_the_file_with_its_header_and_its_line_breaks()
    {
        var text = "externalRef,name,timeZone,settings\r\na,Two lines,UTC,\"{\r\n\"\"offerCount\"\": 3}\"\r\nb,Bad zone,Mars/Base,\r\nc,Good,Europe/Berlin,\r\n";
        var run = await CliRun.WithInput(server.Variables, text, "import", "-", "--agency", server.AgencyId, "--json");
        var rejected = Assert.Single(run.Json.GetProperty("rejected").EnumerateArray().ToList());
        Assert.Equal(4, rejected.GetProperty("line").GetInt32());
        Assert.Equal(4, run.Code);
    }

    [Fact]
    public async Task When_every_line_is_rejected_nothing_was_done()
    {
        var run = await CliRun.WithInput(server.Variables, "{}\n{}\n", "import", "-", "--agency", server.AgencyId);
        Assert.Equal(1, run.Code);
        Assert.Contains("line 2:", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_key_and_a_foreign_agency_are_refused_with_advice()
    {
        var key = await CliRun.WithInput([new("SLOTKEEPER_URL", server.Url), new("SLOTKEEPER_KEY", "wrong")], Lines(0, 1), "import", "-");
        Assert.Equal(1, key.Code);
        Assert.Contains("401", key.Error, StringComparison.Ordinal);
        Assert.Contains("SLOTKEEPER_KEY", key.Error, StringComparison.Ordinal);

        var agency = await CliRun.Of(server.Variables, "export", "--agency", "agy_nobody");
        Assert.Equal(1, agency.Code);
        Assert.Contains("404", agency.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_code_3()
    {
        var run = await CliRun.Of("export", "--server", "http://127.0.0.1:9", "--key", "k");
        Assert.Equal(3, run.Code);
        Assert.Contains("http://127.0.0.1:9/ does not answer", run.Error, StringComparison.Ordinal);
        Assert.Contains("--server", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_that_breaks_off_leaves_the_file_as_it_was()
    {
        await using var half = await StubAsync(async context =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("half");
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        var path = Path.Combine(server.Folder, "kept.ndjson");
        await File.WriteAllTextAsync(path, "before", TestContext.Current.CancellationToken);
        var run = await CliRun.Of("export", "--server", half.Urls.First(), "--key", "k", "--output", path);
        Assert.Equal(3, run.Code);
        Assert.Equal("before", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        Assert.False(File.Exists(path + ".partial"));
    }

    [Fact]
    public async Task A_busy_server_is_asked_again_after_the_time_it_names()
    {
        var asked = 0;
        await using var busy = await StubAsync(async context =>
        {
            if (Interlocked.Increment(ref asked) < 3)
            {
                context.Response.StatusCode = (int)HttpStatusCode.ServiceUnavailable;
                context.Response.Headers.RetryAfter = "0";
                return;
            }
            await context.Response.WriteAsJsonAsync(new { created = 1, updated = 0, unchanged = 0, rejected = Array.Empty<object>() });
        });
        var run = await CliRun.WithInput([], Lines(0, 1), "import", "-", "--server", busy.Urls.First(), "--key", "k");
        Assert.Equal(0, run.Code);
        Assert.Equal(3, asked);
    }

    [Fact]
    public async Task Somebody_elses_server_is_recognised()
    {
        await using var other = await StubAsync(context => context.Response.WriteAsync("<html>Hello</html>"));
        var run = await CliRun.WithInput([], Lines(0, 1), "import", "-", "--server", other.Urls.First(), "--key", "k");
        Assert.Equal(1, run.Code);
        Assert.Contains("Is --server its address?", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_too_long_for_any_request_is_rejected_by_its_number()
    {
        var text = Line(1, "a") + "\n" + Line(2, new string('x', TransferChunks.UsualBytes)) + "\n" + Line(3, "c") + "\n";
        var run = await CliRun.WithInput(server.Variables, text, "import", "-", "--agency", server.AgencyId);
        Assert.Equal(4, run.Code);
        Assert.Contains("line 2: line_too_long", run.Error, StringComparison.Ordinal);
        Assert.Contains("2 created", run.Out, StringComparison.Ordinal);
    }

    private static string Lines(int first, int count) => string.Concat(Enumerable.Range(first, count).Select(number => Line(number, "Name") + "\n"));

    private static string Line(int number, string name) =>
        $$"""{"externalRef":"ref-{{number}}","name":"{{name}}","timeZone":"Europe/Berlin","calendars":{"default":{"url":"https://calendly.com/acme/call-{{number}}","durationMinutes":30} } }""";

    private static async Task<WebApplication> StubAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }
}
