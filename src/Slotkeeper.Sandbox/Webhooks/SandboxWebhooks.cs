using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Threading.Channels;
using Slotkeeper.Sandbox.World;

namespace Slotkeeper.Sandbox;

/// <summary>
/// Tells subscribers what changed in the ledger, as each provider would. Each subscription has a queue of its own, so that a slow
/// receiver holds up no other. Only addresses on this machine are called.
/// </summary>
public sealed class SandboxWebhooks : IAsyncDisposable
{
    // What a test can look back at; older entries go.
    private const int KeptDeliveries = 20_000;
    private const int LongestQueue = 50_000;

    private static readonly TimeSpan DisabledAfter = TimeSpan.FromHours(24);

    private readonly SandboxWorld world;
    private readonly TimeProvider clock;
    private readonly IReadOnlyDictionary<SandboxProvider, IWebhookWriter> writers;
    private readonly byte[] highLevelKey;
    private readonly CancellationTokenSource stopping = new();
    private readonly HttpClient http;

    private readonly Lock changing = new();
    private readonly Dictionary<long, Line> lines = [];
    private readonly Queue<WebhookDelivery> deliveries = new();
    private readonly List<TaskCompletionSource> drains = [];
    private WebhookConduct conduct = new();
    private long lastId;
    private long lastEvent;
    private long lastDelivery;
    private int waiting;

    internal SandboxWebhooks(SandboxWorld world, TimeProvider clock, IReadOnlyDictionary<SandboxProvider, IWebhookWriter> writers)
    {
        this.world = world;
        this.clock = clock;
        this.writers = writers;
        highLevelKey = KeyFrom(world.Options.Seed);
        HighLevelPublicKey = WebhookSignatures.HighLevelPublicKey(highLevelKey);
        http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            MaxConnectionsPerServer = 16,
        })
        {
            Timeout = TimeSpan.FromSeconds(15),
        };
    }

    /// <summary>What HighLevel's signatures are checked with here: base64 of the SPKI form, as the real one is published.</summary>
    public string HighLevelPublicKey { get; }

    /// <summary>Applies to events from now on.</summary>
    public WebhookConduct Conduct
    {
        get => Volatile.Read(ref conduct);
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            value.Validate();
            Volatile.Write(ref conduct, value);
        }
    }

    public IReadOnlyList<WebhookSubscription> Subscriptions
    {
        get
        {
            lock (changing)
                return [.. lines.Values.Select(line => line.Subscription)];
        }
    }

    /// <summary>The newest 20,000 deliveries, oldest first.</summary>
    public IReadOnlyList<WebhookDelivery> Deliveries
    {
        get
        {
            lock (changing)
                return [.. deliveries];
        }
    }

    /// <summary>Tells a receiver on this machine about one calendar, one account, or all calendars of a provider.</summary>
    /// <param name="provider">Whose events.</param>
    /// <param name="accountOrCalendar">A calendar's index, link or id, an account's id as in <see cref="SandboxCalendar.AccountId"/>, or null for all.</param>
    /// <param name="url">A loopback address.</param>
    /// <param name="secret">What deliveries are signed with; HighLevel has its own key instead.</param>
    public WebhookSubscription Subscribe(SandboxProvider provider, string? accountOrCalendar, Uri url, string secret = "")
    {
        ArgumentNullException.ThrowIfNull(url);
        if (!IsLoopback(url))
            throw new ArgumentException($"url is {url}; it must be an address on this machine.", nameof(url));
        if (accountOrCalendar is null)
            return Add(provider, null, null, url, secret, events: null, "organization");
        if (world.Names.AgencyOfAccount(provider, accountOrCalendar) is { } agency)
            return Add(provider, agency, null, url, secret, events: null, "user");
        return world.Find(provider, accountOrCalendar) is { } calendar
            ? Add(provider, calendar.Agency, calendar.Index, url, secret, events: null, "user")
            : throw new ArgumentException($"There is no account or calendar \"{accountOrCalendar}\".", nameof(accountOrCalendar));
    }

    /// <summary>Tells a receiver on this machine about one calendar.</summary>
    public WebhookSubscription Subscribe(SandboxCalendar calendar, Uri url, string secret = "")
    {
        ArgumentNullException.ThrowIfNull(calendar);
        ArgumentNullException.ThrowIfNull(url);
        return IsLoopback(url)
            ? Add(calendar.Provider, calendar.Agency, calendar.Index, url, secret, events: null, "user")
            : throw new ArgumentException($"url is {url}; it must be an address on this machine.", nameof(url));
    }

    /// <summary>False when it was already gone.</summary>
    public bool Unsubscribe(long id)
    {
        lock (changing)
        {
            if (!lines.Remove(id, out var line))
                return false;
            foreach (var held in line.Held)
                Done(held, WebhookFate.Lost);
            line.Held.Clear();
            line.Queue.Writer.TryComplete();
            return true;
        }
    }

    /// <summary>Switches a subscription off, as a provider does without a word after a day of failures, or on again.</summary>
    public void SetDisabled(long id, bool disabled)
    {
        lock (changing)
        {
            if (lines.TryGetValue(id, out var line))
                line.Subscription = line.Subscription with { Disabled = disabled };
        }
    }

    /// <summary>Sends an earlier request again as it was, so many times.</summary>
    public void Replay(WebhookDelivery delivery, int times = 1)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        lock (changing)
        {
            if (!lines.TryGetValue(delivery.Subscription, out var line))
                return;
            for (var i = 0; i < times; i++)
                Send(line, CopyOf(delivery));
        }
    }

    /// <summary>Sends what was collected for reordering and waits until nothing is left to be sent. Delays and retry gaps need the clock to move.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken = default)
    {
        Task drained;
        lock (changing)
        {
            foreach (var line in lines.Values)
                Release(line);
            if (waiting == 0)
                return;
            var drain = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            drains.Add(drain);
            drained = drain.Task;
        }

        await drained.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        Task[] running;
        lock (changing)
            running = [.. lines.Values.Select(line => line.Running)];
        await Task.WhenAll(running);
        http.Dispose();
        stopping.Dispose();
    }

    internal static bool IsLoopback(Uri url) => url is { IsAbsoluteUri: true, IsLoopback: true, Scheme: "http" or "https" };

    internal WebhookSubscription? Find(SandboxProvider provider, Func<WebhookSubscription, bool> condition) =>
        Subscriptions.FirstOrDefault(one => one.Provider == provider && condition(one));

    internal WebhookSubscription Add(SandboxProvider provider, int? agency, int? calendar, Uri url, string secret, IReadOnlyList<string>? events, string level, bool disabled = false)
    {
        lock (changing)
        {
            var id = ++lastId;
            var line = new Line(new WebhookSubscription
            {
                Id = id,
                Uid = world.BookingNames.Hook((int)id),
                Provider = provider,
                Agency = agency,
                Calendar = calendar,
                Url = url,
                Secret = secret,
                Events = events,
                Level = level,
                Disabled = disabled,
                CreatedAt = clock.GetUtcNow(),
            });
            lines[id] = line;
            line.Running = Work(line);
            return line.Subscription;
        }
    }

    internal WebhookSubscription? Update(long id, Func<WebhookSubscription, WebhookSubscription> change)
    {
        lock (changing)
            return lines.TryGetValue(id, out var line) ? line.Subscription = change(line.Subscription) : null;
    }

    /// <summary>Called by the ledger under its lock: nothing is sent here.</summary>
    internal void Take(BookingChange change)
    {
        lock (changing)
        {
            if (lines.Count == 0 || !writers.TryGetValue(change.Booking.Provider, out var writer))
                return;
            foreach (var (name, body) in writer.Write(change, ++lastEvent))
            {
                foreach (var line in lines.Values)
                {
                    if (line.Subscription.Wants(change.Booking, name))
                        Plan(line, name, body);
                }
            }
        }
    }

    private void Plan(Line line, string name, byte[] body)
    {
        var rules = Conduct;
        var lost = rules.LostShare > 0 && StableHash.Unit(StableHash.Combine(world.Options.Seed ^ 0x105E, (ulong)++line.Drawn)) < rules.LostShare;
        for (var copy = 0; copy < rules.Copies; copy++)
        {
            var delivery = New(line, name, body, clock.GetUtcNow() + rules.Delay, rules.WrongSignature);
            if (lost)
                Done(delivery, WebhookFate.Lost);
            else if (rules.ReorderWindow == 1)
                Send(line, delivery);
            else
                line.Held.Add(delivery);
        }

        if (line.Held.Count >= rules.ReorderWindow)
            Release(line);
    }

    private void Release(Line line)
    {
        for (var i = line.Held.Count - 1; i >= 0; i--)
            Send(line, line.Held[i]);
        line.Held.Clear();
    }

    private WebhookDelivery New(Line line, string name, byte[] body, DateTimeOffset due, bool wrongSignature) =>
        Keep(new WebhookDelivery(++lastDelivery, line.Subscription.Id, name, body, due) { WrongSignature = wrongSignature });

    private WebhookDelivery CopyOf(WebhookDelivery delivery) =>
        Keep(new WebhookDelivery(delivery.Id, delivery.Subscription, delivery.Event, delivery.Body, clock.GetUtcNow()) { Headers = delivery.Headers, IsReplay = true });

    private WebhookDelivery Keep(WebhookDelivery delivery)
    {
        waiting++;
        deliveries.Enqueue(delivery);
        if (deliveries.Count > KeptDeliveries)
            deliveries.Dequeue();
        return delivery;
    }

    private void Send(Line line, WebhookDelivery delivery)
    {
        if (!line.Queue.Writer.TryWrite(delivery))
            Done(delivery, WebhookFate.Lost);
    }

    private void Done(WebhookDelivery delivery, WebhookFate fate, int status = 0)
    {
        lock (changing)
        {
            delivery.Settle(fate, status);
            if (--waiting > 0)
                return;
            foreach (var drain in drains)
                drain.TrySetResult();
            drains.Clear();
        }
    }

    private async Task Work(Line line)
    {
        try
        {
            await foreach (var delivery in line.Queue.Reader.ReadAllAsync(stopping.Token))
                await Deliver(line, delivery);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The sandbox ends; what is left is not sent.
        }
    }

    private async Task Deliver(Line line, WebhookDelivery delivery)
    {
        var wait = delivery.Due - clock.GetUtcNow();
        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, clock, stopping.Token);
        if (!IsLoopback(line.Subscription.Url))
        {
            Done(delivery, WebhookFate.NotLoopback);
            return;
        }

        var rules = Conduct;
        var status = 0;
        for (var attempt = 0; attempt <= rules.Retries; attempt++)
        {
            if (attempt > 0)
                await Task.Delay(rules.RetryGap, clock, stopping.Token);
            if (!delivery.IsReplay)
                delivery.Headers = Sign(line.Subscription, delivery);
            status = await Post(line.Subscription.Url, delivery);
            if (status is >= 200 and < 300)
                break;
        }

        var delivered = status is >= 200 and < 300;
        lock (changing)
        {
            Learn(line, delivered);
            for (var i = 0; !delivery.IsReplay && i < rules.Replays; i++)
                Send(line, CopyOf(delivery));
            Done(delivery, delivered ? WebhookFate.Delivered : WebhookFate.Failed, status);
        }
    }

    // A day of failures switches a subscription off without a word.
    private void Learn(Line line, bool delivered)
    {
        var known = line.Subscription;
        var now = clock.GetUtcNow();
        line.Subscription = delivered
            ? known with { RetryStartedAt = null }
            : known with { RetryStartedAt = known.RetryStartedAt ?? now, Disabled = known.Disabled || now - (known.RetryStartedAt ?? now) >= DisabledAfter };
    }

    private async Task<int> Post(Uri url, WebhookDelivery delivery)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ReadOnlyMemoryContent(delivery.Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        foreach (var (name, value) in delivery.Headers)
            request.Headers.TryAddWithoutValidation(name, value);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stopping.Token);
            return (int)response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
        catch (TaskCanceledException) when (!stopping.IsCancellationRequested)
        {
            return 0;
        }
    }

    private Dictionary<string, string> Sign(WebhookSubscription subscription, WebhookDelivery delivery)
    {
        var now = clock.GetUtcNow();
        // A wrong signature is a good one of something else: only checking it tells.
        var body = delivery.WrongSignature ? [.. delivery.Body.Span, (byte)' '] : delivery.Body.ToArray();
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        switch (subscription.Provider)
        {
            case SandboxProvider.CalCom:
                headers["X-Cal-Signature-256"] = subscription.Secret.Length == 0 ? "no-secret-provided" : WebhookSignatures.CalCom(subscription.Secret, body);
                break;
            case SandboxProvider.Calendly:
                headers["Calendly-Webhook-Signature"] = WebhookSignatures.Calendly(subscription.Secret, now.ToUnixTimeSeconds(), body);
                break;
            case SandboxProvider.HubSpot:
                var time = now.ToUnixTimeMilliseconds();
                headers["X-HubSpot-Request-Timestamp"] = time.ToString(CultureInfo.InvariantCulture);
                headers["X-HubSpot-Signature-v3"] = WebhookSignatures.HubSpot(subscription.Secret, "POST", subscription.Url.ToString(), body, time);
                headers["X-HubSpot-Signature"] = WebhookSignatures.HubSpotFirst(subscription.Secret, body);
                headers["X-HubSpot-Signature-Version"] = "v1";
                break;
            default:
                headers["X-GHL-Signature"] = WebhookSignatures.HighLevel(highLevelKey, body);
                break;
        }

        return headers;
    }

    private static byte[] KeyFrom(ulong seed)
    {
        var key = new byte[32];
        for (var part = 0; part < 4; part++)
            BitConverter.TryWriteBytes(key.AsSpan(part * 8), StableHash.Combine(seed ^ 0xED25519, (ulong)part));
        return key;
    }

    private sealed class Line(WebhookSubscription subscription)
    {
        private WebhookSubscription subscription = subscription;

        public WebhookSubscription Subscription
        {
            get => Volatile.Read(ref subscription);
            set => Volatile.Write(ref subscription, value);
        }

        public Channel<WebhookDelivery> Queue { get; } = Channel.CreateBounded<WebhookDelivery>(new BoundedChannelOptions(LongestQueue) { SingleReader = true });

        /// <summary>Collected for reordering.</summary>
        public List<WebhookDelivery> Held { get; } = [];

        public long Drawn { get; set; }

        public Task Running { get; set; } = Task.CompletedTask;
    }
}
