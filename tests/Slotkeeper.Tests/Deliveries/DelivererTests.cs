using System.Text;
using Microsoft.Extensions.Logging;
using Slotkeeper.Calendars;
using Slotkeeper.Deliveries;
using Slotkeeper.Testing;

namespace Slotkeeper.Tests.Deliveries;

// Cases: accepted; failing for a day; failing and recovering; gone; a hanging receiver beside others; many slow ones; two secrets; no secret.
public class DelivererTests
{
    [Fact]
    public void What_is_accepted_was_signed_and_is_sent_once() => Receivers.Tell(async world =>
    {
        var endpoint = await world.EndpointAsync("https://a.example/hook");
        var delivery = await world.AddAsync(endpoint);
        await world.RunAsync(TimeSpan.FromMinutes(5));

        var sent = world.Sent.ShouldHaveSingleItem();
        sent.Id.ShouldBe(delivery.EventId);
        sent.Secrets.ShouldBe([StandardWebhook.ToText(world.Secret)]);
        sent.Body.ShouldBe(delivery.Payload);
        (await world.LogAsync(endpoint)).Single().State.ShouldBe(DeliveryState.Delivered);
    });

    [Fact]
    public void A_receiver_that_fails_for_a_day_is_tried_ever_more_seldom_then_disabled_and_what_waits_is_given_up() => Receivers.Tell(async world =>
    {
        var endpoint = await world.EndpointAsync("https://a.example/hook");
        var first = await world.AddAsync(endpoint);
        world.Answer = _ => Task.FromResult<DeliveryResult>(new DeliveryResult.Rejected(500, "", null));
        await world.RunAsync(TimeSpan.FromHours(20));
        var late = await world.AddAsync(endpoint);
        await world.RunAsync(TimeSpan.FromHours(9));

        var times = world.Sent.Where(one => one.Id == first.EventId).Select(one => one.At).ToList();
        times.Count.ShouldBeInRange(10, DeliveryRules.MaximumAttempts);
        (times[^1] - times[0]).ShouldBeInRange(TimeSpan.FromHours(24), TimeSpan.FromHours(28.1));
        for (var i = 1; i < times.Count; i++)
            (times[i] - times[i - 1]).ShouldBeLessThanOrEqualTo(DeliveryRules.Longest(i) + TimeSpan.FromSeconds(2));
        var log = await world.LogAsync(endpoint);
        log.ShouldAllBe(one => one.State == DeliveryState.Failed);
        log.Single(one => one.Id == late.Id).LastError.ShouldNotBeNull().ShouldContain("disabled");
        var disabled = (await world.Store.FindAsync(endpoint.Id, default))!.Disabled.ShouldNotBeNull();
        disabled.Reason.ShouldContain("accepted nothing since");
        world.Logged.ShouldContain(line => line.Contains(endpoint.Id) && line.Contains(endpoint.AgencyId) && line.Contains("disabled"));
        (await world.Store.ReplayAsync(first.Id, default)).ShouldBeNull("nothing goes to a disabled endpoint");
    });

    [Fact]
    public void A_receiver_that_recovers_gets_what_it_missed() => Receivers.Tell(async world =>
    {
        var endpoint = await world.EndpointAsync("https://a.example/hook");
        await world.AddAsync(endpoint);
        var failures = 3;
        world.Answer = _ => Task.FromResult<DeliveryResult>(failures-- > 0 ? new DeliveryResult.NoAnswer("No answer: in time.") : new DeliveryResult.Accepted(200));
        await world.RunAsync(TimeSpan.FromMinutes(10));

        var delivered = (await world.LogAsync(endpoint)).Single();
        (delivered.State, delivered.Attempts, delivered.LastError).ShouldBe((DeliveryState.Delivered, 4, null));
        (await world.Store.FindAsync(endpoint.Id, default))!.FailingSince.ShouldBeNull();
    });

    [Fact]
    public void Gone_disables_at_once() => Receivers.Tell(async world =>
    {
        var endpoint = await world.EndpointAsync("https://a.example/hook?token=canary");
        await world.AddAsync(endpoint);
        world.Answer = _ => Task.FromResult<DeliveryResult>(new DeliveryResult.Rejected(410, "canary", null));
        await world.RunAsync(TimeSpan.FromMinutes(1));

        world.Sent.Count.ShouldBe(1);
        world.Logged.Count.ShouldBe(2);
        world.Logged.ShouldAllBe(line => !line.Contains("canary"), "neither the address nor what the receiver said");
        (await world.Store.FindAsync(endpoint.Id, default))!.Disabled.ShouldNotBeNull();
    });

    [Fact]
    public void Receivers_that_hang_delay_nobody_else() => Receivers.Tell(async world =>
    {
        var hanging = new List<WebhookEndpoint>();
        for (var i = 0; i < 30; i++)
            hanging.Add(await world.EndpointAsync($"https://hanging{i}.example/"));
        var good = await world.EndpointAsync("https://good.example/");
        world.Answer = async url =>
        {
            if (url.Host == "good.example")
                return new DeliveryResult.Accepted(200);
            await Task.Delay(TimeSpan.FromSeconds(15), world.Clock);
            return new DeliveryResult.NoAnswer("No answer: in time.");
        };
        foreach (var endpoint in hanging)
        {
            for (var i = 0; i < 20; i++)
                await world.AddAsync(endpoint);
        }
        // Until each of them is known for what it is.
        await world.RunAsync(TimeSpan.FromMinutes(2));
        var asked = world.Sent.Count;
        for (var i = 0; i < 50; i++)
            await world.AddAsync(good);
        var added = world.Clock.GetUtcNow();
        await world.RunAsync(TimeSpan.FromMinutes(1));

        var log = await world.LogAsync(good);
        log.Count.ShouldBe(50);
        log.ShouldAllBe(one => one.DeliveredAt <= added.AddSeconds(2));
        world.Sent.Count.ShouldBeGreaterThan(asked + 50, "the others are still tried");
        world.MostAtOnce.ShouldBeLessThanOrEqualTo(Deliverer.SoundPlaces + Deliverer.TroubledPlaces);
        world.MostAtOncePerHost.ShouldBeLessThanOrEqualTo(Deliverer.PerEndpoint);
    });

    [Fact]
    public void After_a_rotation_both_secrets_sign_for_a_day_and_then_the_new_one() => Receivers.Tell(async world =>
    {
        var endpoint = await world.EndpointAsync("https://a.example/hook");
        var next = StandardWebhook.NewSecret();
        await world.Store.RotateAsync(endpoint.Id, await world.Vault.SealAsync(endpoint.AgencyId, endpoint.Id, WebhookEndpoint.SecretField, next, default), DeliveryRules.SecretOverlap, default);
        await world.AddAsync(endpoint);
        await world.RunAsync(TimeSpan.FromMinutes(1));
        world.Sent[^1].Secrets.ShouldBe([StandardWebhook.ToText(next), StandardWebhook.ToText(world.Secret)]);

        await world.RunAsync(TimeSpan.FromHours(24));
        await world.AddAsync(endpoint);
        await world.RunAsync(TimeSpan.FromMinutes(1));
        world.Sent[^1].Secrets.ShouldBe([StandardWebhook.ToText(next)]);
    });

    [Fact]
    public void Without_the_master_key_nothing_is_sent_and_the_log_says_what_is_missing() => Receivers.Tell(async world =>
    {
        var endpoint = await world.EndpointAsync("https://a.example/hook");
        await world.AddAsync(endpoint);
        world.IsLocked = true;
        await world.RunAsync(TimeSpan.FromMinutes(1));

        world.Sent.ShouldBeEmpty();
        (await world.LogAsync(endpoint)).Single().LastError.ShouldNotBeNull().ShouldContain("SLOTKEEPER_MASTER_KEY");
    });

    private sealed class Kept(List<string> lines) : ILogger<Deliverer>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Add($"{formatter(state, exception)} {exception}");
    }

    private sealed record Message(string Id, DateTimeOffset At, string Body, IReadOnlyList<string> Secrets);

    private sealed class Receivers : IDisposable
    {
        private readonly CredentialVault locked = new(MasterKeys.FromSettings(null), new MemorySeals(), new FakeClock());
        private readonly Dictionary<string, int> underWay = new(StringComparer.Ordinal);

        public FakeClock Clock { get; } = new();

        public MemoryDeliveries Store { get; }

        public CredentialVault Vault { get; } = new(MasterKeys.FromSettings(new string('a', 64)), new MemorySeals(), new FakeClock());

        public byte[] Secret { get; } = StandardWebhook.NewSecret();

        public bool IsLocked { get; set; }

        public List<Message> Sent { get; } = [];

        /// <summary>Every line that was logged.</summary>
        public List<string> Logged { get; } = [];

        public int MostAtOnce { get; private set; }

        public int MostAtOncePerHost { get; private set; }

        public Func<Uri, Task<DeliveryResult>> Answer { get; set; } = _ => Task.FromResult<DeliveryResult>(new DeliveryResult.Accepted(200));

        private Receivers() => Store = new MemoryDeliveries(Clock);

        public static void Tell(Func<Receivers, Task> story)
        {
            using var world = new Receivers();
            Simulation.Run(world.Clock, () => story(world));
        }

        public async Task<WebhookEndpoint> EndpointAsync(string url)
        {
            var id = Ids.New(Ids.Webhook);
            var endpoint = new WebhookEndpoint(
                id, "agy_a", url, EventTypes.All, await Vault.SealAsync("agy_a", id, WebhookEndpoint.SecretField, Secret, default), null, null, Clock.GetUtcNow(), null, null, false);
            await Store.CreateAsync(endpoint, default);
            return endpoint;
        }

        public async Task<Delivery> AddAsync(WebhookEndpoint endpoint) =>
            (await Store.AddAsync(endpoint.Id, EventTypes.Test, EventEnvelope.Write(EventTypes.Test, Clock.GetUtcNow(), _ => { }), default))!;

        public Task<IReadOnlyList<Delivery>> LogAsync(WebhookEndpoint endpoint) => Store.ListDeliveriesAsync(endpoint.Id, null, null, 1000, default);

        public async Task RunAsync(TimeSpan time)
        {
            using var metrics = new DeliveryMetrics();
            using var stop = new CancellationTokenSource(time, Clock);
            var deliverer = new Deliverer(Store, SendAsync, IsLocked ? locked : Vault, metrics, Clock, new Random(1), new Kept(Logged));
            await Should.ThrowAsync<OperationCanceledException>(deliverer.RunAsync(stop.Token));
        }

        public void Dispose()
        {
            Vault.Dispose();
            locked.Dispose();
        }

        private async Task<DeliveryResult> SendAsync(
            Uri url, string deliveryId, DateTimeOffset at, ReadOnlyMemory<byte> body, IReadOnlyList<byte[]> secrets, CancellationToken cancellationToken)
        {
            Sent.Add(new Message(deliveryId, at, Encoding.UTF8.GetString(body.Span), [.. secrets.Select(StandardWebhook.ToText)]));
            MostAtOncePerHost = Math.Max(MostAtOncePerHost, underWay[url.Host] = underWay.GetValueOrDefault(url.Host) + 1);
            MostAtOnce = Math.Max(MostAtOnce, underWay.Values.Sum());
            try
            {
                return await Answer(url).WaitAsync(cancellationToken);
            }
            finally
            {
                underWay[url.Host]--;
            }
        }
    }
}
