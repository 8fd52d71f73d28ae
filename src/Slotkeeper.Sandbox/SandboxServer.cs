using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Slotkeeper.Sandbox.CalCom;
using Slotkeeper.Sandbox.Calendly;
using Slotkeeper.Sandbox.Control;
using Slotkeeper.Sandbox.EmailBison;
using Slotkeeper.Sandbox.HighLevel;
using Slotkeeper.Sandbox.Http;
using Slotkeeper.Sandbox.HubSpot;

namespace Slotkeeper.Sandbox;

/// <summary>All simulated providers on one loopback port.</summary>
public sealed class SandboxServer : IAsyncDisposable
{
    private readonly KestrelServer kestrel;
    private readonly CancellationTokenSource stopping;

    private SandboxServer(KestrelServer kestrel, CancellationTokenSource stopping, SandboxWorld world, BookingLedger ledger, SandboxWebhooks webhooks, EmailBisonDesk emailBison, FaultBoard faults, RequestCounters counters, Uri baseAddress)
    {
        this.kestrel = kestrel;
        this.stopping = stopping;
        World = world;
        Ledger = ledger;
        Webhooks = webhooks;
        EmailBison = emailBison;
        Faults = faults;
        Counters = counters;
        BaseAddress = baseAddress;
    }

    /// <summary>Where it listens, such as http://127.0.0.1:40123/.</summary>
    public Uri BaseAddress { get; }

    public SandboxWorld World { get; }

    /// <summary>What was really booked, whatever was answered.</summary>
    public BookingLedger Ledger { get; }

    public SandboxWebhooks Webhooks { get; }

    /// <summary>The e-mail sequencer, which has no calendars.</summary>
    public EmailBisonDesk EmailBison { get; }

    public FaultBoard Faults { get; }

    public RequestCounters Counters { get; }

    /// <summary>Starts listening.</summary>
    /// <param name="options">Checked first; the message of a refusal names the option.</param>
    /// <param name="clock">Drives slots, changes, latency and dripping.</param>
    /// <param name="cancellationToken">Ends the start, not the running server.</param>
    public static async Task<SandboxServer> StartAsync(SandboxOptions options, TimeProvider clock, CancellationToken cancellationToken = default)
    {
        var world = new SandboxWorld(options, clock);
        var faults = new FaultBoard(options.Seed);
        var counters = new RequestCounters(options.RecordedRequests);
        var stop = new CancellationTokenSource();
        var rates = new RateWindows();
        var traces = new TraceIds(options.Seed);
        var ledger = new BookingLedger(world);
        var desk = new BookingDesk(world, ledger);
        var webhooks = new SandboxWebhooks(world, clock, new Dictionary<SandboxProvider, IWebhookWriter>
        {
            [SandboxProvider.Calendly] = new CalendlyEvents(world),
            [SandboxProvider.HubSpot] = new HubSpotEvents(),
            [SandboxProvider.HighLevel] = new HighLevelEvents(world),
            [SandboxProvider.CalCom] = new CalComEvents(world),
        });
        ledger.Changed = webhooks.Take;
        ProviderVoice[] providers =
        [
            new CalendlyVoice(world, rates, desk, webhooks),
            new HubSpotVoice(world, rates, traces, desk),
            new HighLevelVoice(world, rates, traces, desk),
            new CalComVoice(world, rates, desk, webhooks),
        ];
        var emailBison = new EmailBisonDesk(options.Seed);
        var control = new ControlPlane(world, faults, counters, new BookingControl(world, ledger, webhooks), new EmailBisonControl(emailBison));
        var dispatcher = new Dispatcher(world, faults, counters, control, providers, emailBison, clock, stop.Token);

        var settings = new KestrelServerOptions { AddServerHeader = false };
        settings.Limits.MaxConcurrentConnections = null;
        // A dripping answer is slow on purpose.
        settings.Limits.MinResponseDataRate = null;
        settings.Listen(IPAddress.Loopback, options.Port, listen => listen.Protocols = HttpProtocols.Http1);
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        var server = new KestrelServer(Options.Create(settings), transport, NullLoggerFactory.Instance);
        try
        {
            await server.StartAsync(new Application(dispatcher), cancellationToken);
        }
        catch
        {
            server.Dispose();
            stop.Dispose();
            await webhooks.DisposeAsync();
            throw;
        }

        world.BaseAddress = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return new SandboxServer(server, stop, world, ledger, webhooks, emailBison, faults, counters, world.BaseAddress);
    }

    public async ValueTask DisposeAsync()
    {
        // First the answers that would never end, so that stopping does not wait for them.
        await stopping.CancelAsync();
        await kestrel.StopAsync(new CancellationToken(canceled: true));
        kestrel.Dispose();
        await Webhooks.DisposeAsync();
        stopping.Dispose();
    }

    private sealed class Application(Dispatcher dispatcher) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => dispatcher.Handle(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }
    }
}
