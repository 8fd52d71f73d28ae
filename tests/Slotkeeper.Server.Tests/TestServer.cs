using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Deliveries;
using Slotkeeper.Providers.Trials;
using Slotkeeper.Refresh;
using Slotkeeper.Testing.Databases;
using Xunit;

[assembly: AssemblyFixture(typeof(SharedPostgres))]

namespace Slotkeeper.Server.Tests;

/// <summary>The real server in this process: Kestrel on a loopback port, an SQLite file of its own, providers that answer what a test says.</summary>
public sealed class TestServer : IAsyncDisposable
{
    public const string AdminKey = "bootstrap-admin-key-of-the-tests";
    public const string CronSecret = "cron-secret-of-the-tests";
    /// <summary>32 bytes, so that no key has to be derived from it, which takes long on purpose.</summary>
    public const string MasterKey = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    private readonly string? ownFolder;

    private TestServer(WebApplication app, ScriptedProviders providers, string? ownFolder)
    {
        App = app;
        Providers = providers;
        this.ownFolder = ownFolder;
        Address = new Uri(app.Urls.First());
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Address };
    }

    public WebApplication App { get; }

    public ScriptedProviders Providers { get; }

    public Uri Address { get; }

    public HttpClient Http { get; }

    /// <summary>Starts one.</summary>
    /// <param name="change">Settings by their names in the environment; null takes a usual one away.</param>
    /// <param name="clock">Null for the real one.</param>
    /// <param name="folder">Where the data lies; null for a new folder that is deleted in the end.</param>
    /// <param name="output">What would be printed.</param>
    /// <param name="deliver">Receivers of messages; null for the real way to them.</param>
    public static async Task<TestServer> StartAsync(
        Dictionary<string, string?>? change = null, TimeProvider? clock = null, string? folder = null, TextWriter? output = null, DeliverySender? deliver = null)
    {
        var own = folder is null ? Directory.CreateTempSubdirectory("slotkeeper-server-").FullName : null;
        var providers = new ScriptedProviders();
        var app = Composition.Build(Settings(folder ?? own!, change), new CompositionOverrides
        {
            Clock = clock,
            Output = output ?? TextWriter.Null,
            CalendarProviders = providers,
            BookingProviders = new WillingProviders(),
            Trials = (_, _, _) => Task.FromResult(new ConnectionTrial(TrialOutcome.Works, "The provider takes the credential.", TimeSpan.Zero)),
            DeliverySender = deliver,
            LogLevel = LogLevel.None,
            HandleSignals = false,
        });
        try
        {
            await app.StartAsync(TestContext.Current.CancellationToken);
        }
        catch
        {
            await app.DisposeAsync();
            if (own is not null)
                Directory.Delete(own, recursive: true);
            throw;
        }
        return new TestServer(app, providers, own);
    }

    public static ServerSettings Settings(string folder, Dictionary<string, string?>? change = null)
    {
        var values = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["SLOTKEEPER_DATA"] = folder,
            ["SLOTKEEPER_ADMIN_KEY"] = AdminKey,
            ["SLOTKEEPER_MASTER_KEY"] = MasterKey,
            ["CRON_SECRET"] = CronSecret,
            ["AVAILABILITY_SCHEDULER"] = "off",
        };
        foreach (var (name, value) in change ?? [])
            values[name.Replace("__", ":", StringComparison.Ordinal)] = value;
        return ServerSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
    }

    public T Service<T>() where T : notnull => App.Services.GetRequiredService<T>();

    public Task<Reply> GetAsync(string path, string? key = AdminKey) => SendAsync(HttpMethod.Get, path, key);

    public Task<Reply> PostAsync(string path, object? body = null, string? key = AdminKey) => SendAsync(HttpMethod.Post, path, key, body);

    public Task<Reply> PutAsync(string path, object body, string? key = AdminKey) => SendAsync(HttpMethod.Put, path, key, body);

    public Task<Reply> PatchAsync(string path, object body, string? key = AdminKey) => SendAsync(HttpMethod.Patch, path, key, body);

    public Task<Reply> DeleteAsync(string path, string? key = AdminKey) => SendAsync(HttpMethod.Delete, path, key);

    /// <param name="method">How.</param>
    /// <param name="path">Where, with query.</param>
    /// <param name="key">Null for none.</param>
    /// <param name="body">A text is sent as it is, content as it is, anything else as JSON.</param>
    /// <param name="headers">Further ones.</param>
    public async Task<Reply> SendAsync(HttpMethod method, string path, string? key = AdminKey, object? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        request.Content = body switch
        {
            null => null,
            HttpContent content => content,
            string text => new StringContent(text, Encoding.UTF8, "application/json"),
            _ => new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"),
        };
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        return new Reply(
            response.StatusCode,
            response.Content.Headers.ContentType?.MediaType,
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(",", header.Value), StringComparer.OrdinalIgnoreCase));
    }

    public async Task<string> CreateAgencyAsync(string name = "An agency")
    {
        var reply = await PostAsync("/v1/agencies", new { name });
        return reply.Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
    }

    public async Task<string> CreateWorkspaceAsync(string agencyId, string name = "A workspace", string? externalRef = null)
    {
        var reply = await PostAsync("/v1/workspaces", new { agencyId, name, timeZone = "Europe/Berlin", externalRef });
        return reply.Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
    }

    public async Task<string> CreateKeyAsync(string agencyId, string role, string? workspaceId = null)
    {
        var reply = await PostAsync($"/v1/agencies/{agencyId}/keys", new { name = role, role, workspaceId });
        return reply.Expect(HttpStatusCode.Created).Json.GetProperty("key").GetString()!;
    }

    public async Task<string> CreateConnectionAsync(string agencyId)
    {
        var reply = await PostAsync("/v1/connections", new { agencyId, provider = "calcom", name = "A connection", credential = new { apiKey = "cal_live_secret" } });
        return reply.Expect(HttpStatusCode.Created).Json.GetProperty("id").GetString()!;
    }

    public async Task<string> PutCalendarAsync(string workspaceId, string link = "https://calendly.com/acme/intro", string source = "default")
    {
        var reply = await PutAsync($"/v1/workspaces/{workspaceId}/calendars/{source}", new { url = link });
        return reply.Expect(HttpStatusCode.OK).Json.GetProperty("id").GetString()!;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await App.StopAsync(CancellationToken.None);
        await App.DisposeAsync();
        if (ownFolder is not null)
            Directory.Delete(ownFolder, recursive: true);
    }
}

/// <summary>An answer of the server.</summary>
public sealed record Reply(HttpStatusCode Status, string? ContentType, string Text, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json => JsonElement.Parse(Text);

    public string? Code => Json.GetProperty("code").GetString();

    public Reply Expect(HttpStatusCode status)
    {
        Assert.True(Status == status, $"{(int)Status} instead of {(int)status}: {Text}");
        return this;
    }

    /// <summary>That it is a problem of the one form.</summary>
    public Reply ExpectProblem(HttpStatusCode status, string code)
    {
        Expect(status);
        Assert.Equal("application/problem+json", ContentType);
        var names = Json.EnumerateObject().Select(property => property.Name).ToList();
        Assert.Equal(["type", "title", "status", "detail", "code", "traceId"], names.Take(6));
        Assert.Equal((int)status, Json.GetProperty("status").GetInt32());
        Assert.Equal(code, Code);
        Assert.DoesNotContain("   at ", Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", Text, StringComparison.Ordinal);
        return this;
    }

    /// <summary>That it names a field.</summary>
    public Reply ExpectFault(string field, string text = "")
    {
        Assert.True(Json.TryGetProperty("errors", out var errors) && errors.TryGetProperty(field, out _), $"{field} is not named: {Text}");
        Assert.Contains(text, string.Join(' ', errors.GetProperty(field).EnumerateArray().Select(item => item.GetString())), StringComparison.Ordinal);
        return this;
    }

    /// <summary>The body of a problem without what differs from request to request.</summary>
    public string WithoutTrace => string.Join(',', Json.EnumerateObject().Where(property => property.Name != "traceId").Select(property => $"{property.Name}={property.Value}"));
}

/// <summary>Providers that answer what a test says.</summary>
public sealed class ScriptedProviders : ICalendarProviders
{
    /// <summary>The answer to every fetch; at first one slot every hour of the coming ten.</summary>
    public Func<FetchRequest, FetchResult> Answer { get; set; } = request => new FetchResult.Fetched(
        [.. Enumerable.Range(1, 10).Select(hour => (request.From.ToUnixTimeSeconds() / 3600 * 3600) + (hour * 3600L))], 1800, null);

    /// <summary>How long each answer takes; at first no time.</summary>
    public Func<FetchRequest, TimeSpan> Delay { get; set; } = _ => TimeSpan.Zero;

    public int Fetches { get; private set; }

    public IReadOnlyList<string> SupportedLinks => ["https://calendly.com/you/intro"];

    public BookingLink? Recognise(string url) => url.StartsWith("https://calendly.com/", StringComparison.OrdinalIgnoreCase)
        ? new BookingLink(Provider.Calendly, url.ToLowerInvariant().TrimEnd('/'))
        : null;

    public async ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        Fetches++;
        if (Delay(request) is var delay && delay > TimeSpan.Zero)
            await Task.Delay(delay, RealClock.Instance, cancellationToken);
        return Answer(request);
    }
}

/// <summary>Providers that book whatever they are asked to.</summary>
public sealed class WillingProviders : IBookingProviders
{
    public string? CannotBook(Calendar calendar) => null;

    public Task<BookResult> BookAsync(BookCall call, CancellationToken cancellationToken) =>
        Task.FromResult<BookResult>(new BookResult.Booked("at-provider-" + call.Booking.Id, call.Booking.Start));

    public Task<BookResult> CancelAsync(Calendar calendar, Booking booking, string? reason, CancellationToken cancellationToken) =>
        Task.FromResult<BookResult>(new BookResult.Booked(booking.ProviderBookingId!, booking.Start));

    public Task<BookResult> RescheduleAsync(Calendar calendar, Booking booking, DateTimeOffset start, CancellationToken cancellationToken) =>
        Task.FromResult<BookResult>(new BookResult.Booked(booking.ProviderBookingId!, start));

    public Task<bool?> IsStillFreeAsync(Calendar calendar, DateTimeOffset start, CancellationToken cancellationToken) => Task.FromResult<bool?>(true);

    public Task<LookupResult> FindAsync(Calendar calendar, Booking booking, CancellationToken cancellationToken) =>
        Task.FromResult<LookupResult>(new LookupResult.NoAnswer("Not looked at here."));
}
